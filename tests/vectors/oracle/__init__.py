"""Expected signatures and encryption, by `cryptography` and from the written protocol, never from the library."""
