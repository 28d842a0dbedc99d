using System.Globalization;
using System.Text;

namespace Skiff.Interop.Cgroups;

/// <summary>Limits of one block device, a row of <c>io.max</c>; null leaves that limit as it is.</summary>
/// <param name="Major">Major number of the device.</param>
/// <param name="Minor">Minor number of the device.</param>
public sealed record IoMax(uint Major, uint Minor)
{
    /// <summary>Bytes read per second.</summary>
    public long? ReadBytesPerSecond { get; init; }

    /// <summary>Bytes written per second.</summary>
    public long? WriteBytesPerSecond { get; init; }

    /// <summary>Read operations per second.</summary>
    public long? ReadOperationsPerSecond { get; init; }

    /// <summary>Write operations per second.</summary>
    public long? WriteOperationsPerSecond { get; init; }

    /// <summary>As <c>io.max</c> takes it: <c>8:0 rbps=1048576 wiops=100</c>.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{Major}:{Minor}");
        Append(text, "rbps", ReadBytesPerSecond);
        Append(text, "wbps", WriteBytesPerSecond);
        Append(text, "riops", ReadOperationsPerSecond);
        Append(text, "wiops", WriteOperationsPerSecond);
        return text.ToString();
    }

    private static void Append(StringBuilder text, string key, long? value)
    {
        if (value is { } number) text.Append(' ').Append(key).Append('=').Append(CgroupLimits.Text(number));
    }
}
