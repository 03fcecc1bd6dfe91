"""What leaves the house by itself: alerts, to whoever must know of them, wherever they are."""
