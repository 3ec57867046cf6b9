"""What is settled before the first note: form, harmony, tracks, and how a piece closes."""
