"""An occupant of many MUCs on a Jitsi server. It knows no councils."""
