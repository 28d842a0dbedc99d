using System.Text;
using Skiff.Layers.Tests.Snapshots;

namespace Skiff.Layers.Tests.Hostile;

/// <summary>The files of a layer as one line of text, found by find(1) and getfattr(1).</summary>
internal static class LayerText
{
    private const int MaxName = 60;

    /// <summary>
    /// In the order of their names: type, name, target; mode and owner where they are not 644 or 755 and root. Bytes
    /// that are no printable ASCII are escaped, and long names are cut.
    /// </summary>
    /// <param name="tree">The layer's root.</param>
    /// <param name="count">Only says how many files there are.</param>
    internal static string Of(string tree, bool count)
    {
        string found = Shell.RunLatin1(
            "find", tree, "-mindepth", "1", "-printf", @"%y\0%P\0%l\0%m %U:%G\0");
        string[][] files = [.. found.Split('\0').Chunk(4).Where(file => file.Length == 4)];
        if (count) return $"{files.Length} files";
        return string.Join(", ", files.OrderBy(file => file[1], StringComparer.Ordinal).Select(Line));
    }

    /// <summary>Names of all extended attributes, overlay's own mark of an opaque directory included.</summary>
    internal static string Xattrs(string tree)
    {
        string found = Shell.RunLatin1("getfattr", "-R", "-P", "-h", "-m", "-", "--absolute-names", tree);
        return string.Join(", ", found.Split('\n')
            .Where(line => line.Length > 0 && !line.StartsWith("# file")).Order());
    }

    private static string Line(string[] file)
    {
        string usual = file[0] switch { "d" => "755 0:0", "l" => "777 0:0", _ => "644 0:0" };
        string type = file[0] == "f" ? "-" : file[0];
        return $"{type} {Shown(file[1])}{(file[2].Length > 0 ? $" -> {Shown(file[2])}" : "")}"
            + (file[3] == usual || type == "c" ? "" : $" [{file[3]}]");
    }

    private static string Shown(string name)
    {
        var text = new StringBuilder();
        foreach (char c in name.Length > MaxName ? name[..MaxName] : name)
            text.Append(c is >= ' ' and <= '~' ? c : $"\\x{(int)c:x2}");
        return text.Append(name.Length > MaxName ? $"...({name.Length})" : "").ToString();
    }
}
