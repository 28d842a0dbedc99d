namespace Skiff.Interop;

/// <summary>The running kernel's version. Say what the kernel lacks by probing where that is possible.</summary>
public static class KernelVersion
{
    private static Version? s_current;

    /// <summary>Major and minor, as uname(2) has them; read once.</summary>
    public static Version Current => s_current ??= Parse(Release);

    /// <summary>uname -r.</summary>
    public static string Release => Uname.Current.Release;

    /// <summary>
    /// The numbers at the front of a release string: <c>6.1.0-30-cloud-amd64</c> is 6.1; what is missing is 0.
    /// </summary>
    public static Version Parse(ReadOnlySpan<char> release)
    {
        Span<int> parts = stackalloc int[2];
        int part = 0;
        foreach (char c in release)
        {
            if (char.IsAsciiDigit(c)) parts[part] = (parts[part] * 10) + (c - '0');
            else if (c != '.' || ++part == parts.Length) break;
        }
        return new Version(parts[0], parts[1]);
    }
}
