"""Made from the OpenAPI document by ``tools/generate_client.py``; not edited by hand."""
