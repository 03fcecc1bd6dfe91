"""What leaves the house by itself: alerts to whoever must know of them, calls to members, calendars to subscribe to."""
