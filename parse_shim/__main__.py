"""`python -m parse_shim` is `parse-shim`."""

from parse_shim.cli import main

if __name__ == "__main__":
    main()
