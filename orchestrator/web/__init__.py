"""The web: an API under `/api/v1`, pages, and a live feed for both. `app.py` puts it together."""
