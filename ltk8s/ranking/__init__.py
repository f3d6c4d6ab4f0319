"""The end of a sweep: its points' held-out predictions pooled, scored and compared. numpy only; no network runs here."""
