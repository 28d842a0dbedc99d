using System.Globalization;

namespace Skiff.Interop;

/// <summary>The running kernel's version.</summary>
public static class KernelVersion
{
    private static Version? s_current;

    /// <summary>Major and minor, as uname(2) has them.</summary>
    public static Version Current => s_current ??= Parse(Release);

    /// <summary>uname -r.</summary>
    public static string Release => Files.ReadAllText("/proc/sys/kernel/osrelease").Trim();

    /// <summary>The numbers at the front of a release string: <c>6.1.0-30-cloud-amd64</c> is 6.1.</summary>
    public static Version Parse(string release)
    {
        int dot = release.IndexOf('.');
        int end = dot + 1;
        while (end < release.Length && char.IsAsciiDigit(release[end])) end++;
        return dot > 0
            && int.TryParse(release.AsSpan(0, dot), NumberStyles.None, CultureInfo.InvariantCulture, out int major)
            && int.TryParse(release.AsSpan(dot + 1, end - dot - 1), NumberStyles.None, CultureInfo.InvariantCulture, out int minor)
            ? new Version(major, minor)
            : new Version(0, 0);
    }
}
