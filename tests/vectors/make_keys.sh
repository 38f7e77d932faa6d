#!/bin/sh
# Makes the test keys, certificates and key files that keys/ lacks. The committed ones were made by this script once and
# are left alone; to replace one, delete it and all that is made from it, after which make.py has to be run.
# Needs OpenSSL 3 with its legacy provider, and ssh-keygen.
set -eu

out=$(cd "$(dirname "$0")" && pwd)/keys
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# The password of the encrypted keys, and the mchid of options.json: WeChat Pay's password of apiclient_cert.p12.
password=sesame-open-4711
mchid=1230000109

# `to FILE COMMAND...` runs a command that ends with the name of the file it writes, unless the file is there.
to() {
    file=$out/$1
    shift
    [ -e "$file" ] || "$@" "$file"
}

rsa() { to "$1.key.pem" openssl genpkey -quiet -algorithm RSA -pkeyopt "rsa_keygen_bits:$2" -out; }

rsa merchant 2048
rsa platform 2048
rsa platform_public 2048
rsa other 2048
rsa small 1024
to ec.key.pem openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out
to platform_public.pub.pem openssl pkey -in "$out/platform_public.key.pem" -pubout -out

# Self-signed certificates with fixed dates and serials of 20 bytes: `openssl ca` is what lets OpenSSL 3.0 set both.
cat > "$scratch/ca.cnf" <<CNF
[ca]
default_ca = test
[test]
database = $scratch/index.txt
serial = $scratch/serial
new_certs_dir = $scratch
default_md = sha256
policy = any
x509_extensions = v3
[any]
organizationName = optional
commonName = supplied
[v3]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature, keyEncipherment
CNF

# `certificate NAME KEY COMMON-NAME SERIAL START END`
certificate() {
    : > "$scratch/index.txt"
    echo "$4" > "$scratch/serial"
    openssl req -new -config /dev/null -key "$out/$2.key.pem" -out "$scratch/request" -subj "/O=wechatpay-customs/CN=$3"
    to "$1.cert.pem" openssl ca -batch -notext -selfsign -config "$scratch/ca.cnf" -keyfile "$out/$2.key.pem" \
        -in "$scratch/request" -startdate "$5" -enddate "$6" -out
}

certificate platform platform "test platform certificate" \
    5157F09EFDC096DE15EBE81A47057A7232F1B8E1 20200101000000Z 20560101000000Z
# The serial is the serial_no of options.json.
certificate merchant merchant "test merchant certificate" \
    4F8C21D7A03E96B5C1D82E7FA4630B95D1E8C72A 20200101000000Z 20560101000000Z
certificate merchant_expired merchant "test merchant certificate, expired" \
    3B90D6E14C7A25F8903D1EB7A562C84F07D9E1A3 20190101000000Z 20240101000000Z
certificate other other "test certificate of another key" \
    68E2A7351F90C4DB8237B6E05A1CD94F72086E5B 20200101000000Z 20560101000000Z

# The merchant's key, encrypted in PKCS#8. Few rounds, since tests open these in debug builds.
encrypted() {
    name=$1
    shift
    to "merchant_$name.key.pem" openssl pkcs8 -topk8 -provider default -provider legacy \
        -in "$out/merchant.key.pem" -passout "pass:$password" "$@" -out
}

encrypted pbkdf2_sha256_aes256 -v2 aes-256-cbc -v2prf hmacWithSHA256
encrypted pbkdf2_sha256_aes192 -v2 aes-192-cbc -v2prf hmacWithSHA256
encrypted pbkdf2_sha1_aes128 -v2 aes-128-cbc -v2prf hmacWithSHA1
encrypted pbkdf2_sha1_3des -v2 des3 -v2prf hmacWithSHA1
encrypted scrypt_aes256 -v2 aes-256-cbc -scrypt -scrypt_N 1024 -scrypt_r 8 -scrypt_p 1
encrypted pbes1_md5_des -v1 PBE-MD5-DES
encrypted pbes1_sha1_3des -v1 PBE-SHA1-3DES
to merchant_proc_type.key.pem openssl rsa -in "$out/merchant.key.pem" -traditional -aes256 -passout "pass:$password" -out

# The formats that are no RSA key file of ours.
to merchant_openssh.key.pem sh -c \
    'cp "$0" "$1" && chmod 600 "$1" && ssh-keygen -q -p -N "" -f "$1"' "$out/merchant.key.pem"

# apiclient_cert.p12: RC2-40 and 3DES with a SHA-1 MAC (-legacy), or PBES2 with AES-256 and a SHA-256 MAC.
p12() {
    name=$1
    shift
    to "$name.p12" openssl pkcs12 -export -name "Tenpay Certificate" "$@" -out
}

merchant="-inkey $out/merchant.key.pem -in $out/merchant.cert.pem"
# shellcheck disable=SC2086 # words on purpose
{
    p12 merchant_legacy $merchant -legacy -passout "pass:$mchid"
    p12 merchant_legacy_3des $merchant -legacy -descert -passout "pass:$mchid"
    p12 merchant_legacy_password $merchant -legacy -passout "pass:$password"
    p12 merchant_modern $merchant -passout "pass:$mchid"
    p12 merchant_modern_password $merchant -passout "pass:$password"
    p12 merchant_chain $merchant -certfile "$out/other.cert.pem" -legacy -passout "pass:$mchid"
}
p12 merchant_expired -inkey "$out/merchant.key.pem" -in "$out/merchant_expired.cert.pem" -legacy -passout "pass:$mchid"
p12 merchant_key_alone -inkey "$out/merchant.key.pem" -nocerts -legacy -passout "pass:$mchid"
p12 certificate_alone -nokeys -in "$out/merchant.cert.pem" -legacy -passout "pass:$mchid"
# As `-in` the certificate would be refused here.
p12 mismatch -inkey "$out/merchant.key.pem" -nocerts -certfile "$out/other.cert.pem" -legacy -passout "pass:$mchid"

# What `openssl pkcs12 -in` makes of it: certificate and key, each under its "Bag Attributes".
bundle() {
    name=$1
    shift
    to "$name.pem" openssl pkcs12 -legacy -in "$out/merchant_legacy.p12" -passin "pass:$mchid" "$@" -out
}

bundle merchant_bundle -nodes
bundle merchant_bundle_encrypted -aes256 -passout "pass:$password"
chmod 644 "$out"/*.pem "$out"/*.p12
