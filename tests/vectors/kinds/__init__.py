"""The kinds of vectors, each with its shape and the vectors that are about the kind itself."""
