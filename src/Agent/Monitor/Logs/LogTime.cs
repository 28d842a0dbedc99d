using System.Globalization;
using System.Text;

namespace Skiff.Agent.Monitor.Logs;

/// <summary>Times of records as RFC 3339 with nanoseconds, UTC, without a culture's help.</summary>
internal static class LogTime
{
    /// <summary>The longest text: <c>2026-01-02T03:04:05.123456789Z</c>.</summary>
    public const int MaxBytes = 30;

    private const int FractionAt = 19;

    /// <summary>As Go's RFC3339Nano: without the fraction's last zeros. Returns the length.</summary>
    public static int Write(Span<byte> text, long unixNanoseconds)
    {
        int length = WriteFixed(text, unixNanoseconds) - 1;
        while (text[length - 1] == '0') length--;
        if (text[length - 1] == '.') length--;
        text[length] = (byte)'Z';
        return length + 1;
    }

    /// <summary>With all nine digits, as <c>logs --timestamps</c> has it. Returns the length.</summary>
    public static int WriteFixed(Span<byte> text, long unixNanoseconds)
    {
        DateTime time = DateTime.UnixEpoch.AddTicks(unixNanoseconds / 100);
        Number(text, 0, 4, time.Year);
        text[4] = text[7] = (byte)'-';
        Number(text, 5, 2, time.Month);
        Number(text, 8, 2, time.Day);
        text[10] = (byte)'T';
        Number(text, 11, 2, time.Hour);
        text[13] = text[16] = (byte)':';
        Number(text, 14, 2, time.Minute);
        Number(text, 17, 2, time.Second);
        text[FractionAt] = (byte)'.';
        Number(text, FractionAt + 1, 9, (int)(unixNanoseconds % 1_000_000_000));
        text[MaxBytes - 1] = (byte)'Z';
        return MaxBytes;
    }

    /// <summary>Reads a time of a record.</summary>
    public static bool TryParse(string? text, out long unixNanoseconds)
    {
        unixNanoseconds = 0;
        if (!DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal,
            out DateTimeOffset time)) return false;
        unixNanoseconds = (time - DateTimeOffset.UnixEpoch).Ticks * 100;
        return true;
    }

    private static void Number(Span<byte> text, int at, int digits, int value)
    {
        for (int i = at + digits - 1; i >= at; i--, value /= 10) text[i] = (byte)('0' + value % 10);
    }
}
