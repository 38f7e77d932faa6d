"""The oracle: keys, signatures and encryption from `cryptography` and from the written protocol, never from the library."""
