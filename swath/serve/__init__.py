"""The service: the console, STAPI, STAC and OGC API on one port. The only home of pydantic and FastAPI."""
