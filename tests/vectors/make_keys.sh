#!/bin/sh
# Makes a new set of test keys in keys/. The committed set was made by this script once; running it again replaces
# every key, after which make.py has to be run and all vectors change. Needs OpenSSL 3.
set -eu

out=$(cd "$(dirname "$0")" && pwd)/keys
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

rsa() { openssl genpkey -quiet -algorithm RSA -pkeyopt "rsa_keygen_bits:$2" -out "$out/$1.key.pem"; }

rsa merchant 2048
rsa platform 2048
rsa platform_public 2048
rsa other 2048
rsa small 1024
openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$out/ec.key.pem"
openssl pkey -in "$out/platform_public.key.pem" -pubout -out "$out/platform_public.pub.pem"

# A self-signed certificate with fixed dates and a serial of 20 bytes: `openssl ca` is what lets OpenSSL 3.0 set both.
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
: > "$scratch/index.txt"
echo 5157F09EFDC096DE15EBE81A47057A7232F1B8E1 > "$scratch/serial"
openssl req -new -config /dev/null -key "$out/platform.key.pem" -out "$scratch/platform.csr" \
    -subj "/O=wechatpay-customs/CN=test platform certificate"
openssl ca -batch -notext -selfsign -config "$scratch/ca.cnf" -keyfile "$out/platform.key.pem" \
    -in "$scratch/platform.csr" -out "$out/platform.cert.pem" \
    -startdate 20200101000000Z -enddate 20560101000000Z
chmod 644 "$out"/*.pem
