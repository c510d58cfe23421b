"""Guests play without a name; what they left behind goes away after a day."""

from parse_shim import Object, Query, cloud


@cloud.job("sweepGuests")
def sweep_guests(request):
    """Delete guests that were not seen for a day."""
    gone = Query("Guest").where({"seenAt": {"$lt": {"$relativeTime": "1 day ago"}}}).find_all(use_master_key=True)
    Object.destroy_all(gone, use_master_key=True)
    return f"{len(gone)} guests swept"
