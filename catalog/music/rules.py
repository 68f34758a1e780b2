"""Pure decisions about music."""

TARGET_LUFS = -14.0
PEAK_CEILING_DB = -1.0


def playback_gain_db(*, loudness_lufs: float | None, true_peak_db: float | None) -> float:
    """The gain to -14 LUFS that keeps the true peak below -1 dBTP; 0 where nothing was measured."""
    if loudness_lufs is None or true_peak_db is None:
        return 0.0
    return round(min(TARGET_LUFS - loudness_lufs, PEAK_CEILING_DB - true_peak_db), 1)
