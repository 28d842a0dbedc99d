namespace Skiff.Agent.Monitor.Logs;

/// <summary>UTF-8 (RFC 3629) that is cut into pieces.</summary>
internal static class Utf8
{
    private const int LongestBytes = 4;

    /// <summary>How many bytes at the end begin a character that is longer; 0 where it is not UTF-8 anyway.</summary>
    public static int BrokenTail(ReadOnlySpan<byte> text)
    {
        for (int tail = 1; tail < LongestBytes && tail < text.Length; tail++)
        {
            byte b = text[^tail];
            if (b < 0x80) return 0;
            if (b >= 0xC0) return tail < (b >= 0xF0 ? 4 : b >= 0xE0 ? 3 : 2) ? tail : 0;
        }
        return 0;
    }
}
