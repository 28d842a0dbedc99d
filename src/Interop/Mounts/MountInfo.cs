using System.Globalization;
using System.Text;

namespace Skiff.Interop.Mounts;

/// <summary>One row of <c>/proc/PID/mountinfo</c> (proc(5)), its escapes decoded.</summary>
public sealed record MountInfo
{
    /// <summary>The mount's id, unique while it is mounted.</summary>
    public required int Id { get; init; }

    /// <summary>The mount that it is mounted on.</summary>
    public required int ParentId { get; init; }

    /// <summary>Major number of the filesystem's device.</summary>
    public required uint Major { get; init; }

    /// <summary>Minor number of the filesystem's device.</summary>
    public required uint Minor { get; init; }

    /// <summary>The directory (or file) of the filesystem that is mounted here.</summary>
    public required string Root { get; init; }

    /// <summary>Where it is mounted, relative to the reading process's root.</summary>
    public required string MountPoint { get; init; }

    /// <summary>Options of this mount: <c>rw,nosuid,relatime</c>.</summary>
    public required string Options { get; init; }

    /// <summary>Propagation: <c>shared:1</c>, <c>master:2</c>, <c>unbindable</c>; empty when private.</summary>
    public required string Propagation { get; init; }

    /// <summary>The filesystem's type.</summary>
    public required string FilesystemType { get; init; }

    /// <summary>The filesystem's source: a device, or a word.</summary>
    public required string Source { get; init; }

    /// <summary>Options of the filesystem.</summary>
    public required string SuperOptions { get; init; }

    /// <summary>Whether the mount or its filesystem is read-only.</summary>
    public bool IsReadOnly => HasOption(Options, "ro") || HasOption(SuperOptions, "ro");

    /// <summary>The mounts that this process sees, in the order in which they were mounted.</summary>
    public static List<MountInfo> Read(string path = "/proc/thread-self/mountinfo") => Parse(Files.ReadAllBytes(path));

    /// <summary>Parses the whole file; see <see cref="Read"/>.</summary>
    /// <exception cref="FormatException">A line is not as proc(5) says.</exception>
    public static List<MountInfo> Parse(ReadOnlySpan<byte> content)
    {
        var rows = new List<MountInfo>();
        while (!content.IsEmpty)
        {
            int end = content.IndexOf((byte)'\n');
            ReadOnlySpan<byte> line = end < 0 ? content : content[..end];
            content = end < 0 ? default : content[(end + 1)..];
            if (!line.IsEmpty) rows.Add(ParseLine(line));
        }
        return rows;
    }

    /// <summary>Whether a comma-separated list has this option.</summary>
    public static bool HasOption(string options, string option)
    {
        foreach (Range range in options.AsSpan().Split(','))
            if (options.AsSpan(range).SequenceEqual(option)) return true;
        return false;
    }

    private static MountInfo ParseLine(ReadOnlySpan<byte> line)
    {
        ReadOnlySpan<byte> rest = line;
        int id = Number(Field(ref rest));
        int parent = Number(Field(ref rest));
        ReadOnlySpan<byte> device = Field(ref rest);
        int colon = device.IndexOf((byte)':');
        if (colon < 0) throw new FormatException($"mountinfo: no device in \"{Encoding.UTF8.GetString(line)}\"");
        return new MountInfo
        {
            Id = id,
            ParentId = parent,
            Major = (uint)Number(device[..colon]),
            Minor = (uint)Number(device[(colon + 1)..]),
            Root = Unescape(Field(ref rest)),
            MountPoint = Unescape(Field(ref rest)),
            Options = Unescape(Field(ref rest)),
            Propagation = OptionalFields(ref rest),
            FilesystemType = Unescape(Field(ref rest)),
            Source = Unescape(Field(ref rest)),
            SuperOptions = Unescape(Field(ref rest)),
        };
    }

    // Zero or more fields, then a dash alone.
    private static string OptionalFields(ref ReadOnlySpan<byte> rest)
    {
        ReadOnlySpan<byte> all = rest;
        while (!rest.IsEmpty)
        {
            int length = all.Length - rest.Length;
            if (Field(ref rest).SequenceEqual("-"u8)) return Encoding.UTF8.GetString(all[..length].TrimEnd((byte)' '));
        }
        throw new FormatException("mountinfo: no separator in the line");
    }

    private static ReadOnlySpan<byte> Field(ref ReadOnlySpan<byte> rest)
    {
        int space = rest.IndexOf((byte)' ');
        ReadOnlySpan<byte> field = space < 0 ? rest : rest[..space];
        rest = space < 0 ? default : rest[(space + 1)..];
        return field;
    }

    private static int Number(ReadOnlySpan<byte> text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value)
            ? value : throw new FormatException($"mountinfo: \"{Encoding.UTF8.GetString(text)}\" is no number");

    /// <summary>The kernel writes blanks, newlines, backslashes and hashes as <c>\ooo</c>.</summary>
    private static string Unescape(ReadOnlySpan<byte> field)
    {
        if (field.IndexOf((byte)'\\') < 0) return Encoding.UTF8.GetString(field);
        Span<byte> decoded = new byte[field.Length];
        int length = 0;
        for (int i = 0; i < field.Length; i++)
        {
            if (field[i] == '\\' && i + 3 < field.Length && IsOctal(field.Slice(i + 1, 3)))
            {
                decoded[length++] =
                    (byte)(((field[i + 1] - '0') << 6) | ((field[i + 2] - '0') << 3) | (field[i + 3] - '0'));
                i += 3;
            }
            else
            {
                decoded[length++] = field[i];
            }
        }
        return Encoding.UTF8.GetString(decoded[..length]);
    }

    private static bool IsOctal(ReadOnlySpan<byte> digits) => digits.IndexOfAnyExceptInRange((byte)'0', (byte)'7') < 0;
}
