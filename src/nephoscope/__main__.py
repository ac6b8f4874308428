"""`python -m nephoscope`."""

if __name__ == "__main__":  # processes that it starts import this file too
    from nephoscope.cli import main

    main()
