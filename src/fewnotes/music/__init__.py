"""What music is, with numpy alone: pieces, time, pitch, edits, features, harmony, similarity."""
