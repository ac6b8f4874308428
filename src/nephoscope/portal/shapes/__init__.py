"""What the API takes and gives, one file per resource; `docs/openapi.json` is made of these."""
