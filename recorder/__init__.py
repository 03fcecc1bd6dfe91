"""Ingest, hub, outputs, health of a broadcast. It knows no councils."""
