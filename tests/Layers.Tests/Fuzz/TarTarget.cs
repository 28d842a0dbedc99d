using System.Formats.Tar;
using System.Globalization;
using System.Text;
using Skiff.Interop;
using Skiff.Layers.Erofs;
using Skiff.Layers.Oci;
using Skiff.Layers.Snapshots;
using Skiff.Layers.Tar;
using Skiff.Layers.Tests.Tar;

namespace Skiff.Layers.Tests.Fuzz;

/// <summary>
/// Parser, tree and index. Oracles: the same of any pieces, the platform's reader for whole tars, and names that can
/// lie in a directory.
/// </summary>
internal sealed class TarTarget : FuzzTarget
{
    internal override string Name => "tar";

    internal override byte[] Make(Random random) => RandomTar.Make(random);

    internal override byte[] Mutate(byte[] input, Random random) => RandomTar.Mutate(input, random);

    internal override void Check(byte[] input, bool isWhole, Random random)
    {
        int most = random.Next(3) switch { 0 => 10, 1 => 600, _ => 5000 };
        string once = Outcome(() => TarRecorder.Parse(input), out bool taken);
        Assert.Equal(once, Outcome(() => TarRecorder.Parse(input, () => random.Next(1, most)), out _));
        if (isWhole) Assert.True(taken, once);
        if (isWhole) Assert.Equal(ByPlatform(input), ByUs(input));
        Outcome(() => Index(input), out bool indexed);
        Assert.True(taken || !indexed);
    }

    private static string Outcome(Func<string> run, out bool taken)
    {
        taken = false;
        try
        {
            string text = run();
            taken = true;
            return text;
        }
        catch (ImageException e)
        {
            Refusals.AssertReadable(e);
            return e.Message;
        }
    }

    private static string Index(byte[] tar)
    {
        var grower = new TreeGrower();
        var parser = new TarParser(grower);
        parser.Append(tar);
        parser.Complete();
        grower.AssertNames(LayerTree.Root, 0);
        using Fd whole = Files.MemoryFile("fuzz"), image = Files.MemoryFile("fuzz");
        Files.WriteAll(whole, tar);
        ErofsWriter.Write(grower.Tree, parser.Position, whole, 0, image);
        return "";
    }

    private static string ByPlatform(byte[] tar)
    {
        var text = new StringBuilder();
        using var reader = new TarReader(new MemoryStream(tar));
        while (reader.GetNextEntry() is { } entry)
        {
            if (entry.EntryType == System.Formats.Tar.TarEntryType.GlobalExtendedAttributes) continue;
            string type = entry.EntryType.ToString().Replace("File", "").Replace("Contiguous", "Regular")
                .Replace("SymbolicLink", "Symlink").Replace("CharacterDevice", "CharDevice").Replace("V7", "");
            Line(text, type, entry.Name, entry.LinkName, entry.Length, (uint)entry.Mode, entry.Uid, entry.Gid,
                entry.ModificationTime.ToUnixTimeSeconds());
        }
        return text.ToString();
    }

    private static string ByUs(byte[] tar)
    {
        var lister = new Lister();
        new TarParser(lister).Append(tar);
        return lister.Text.ToString();
    }

    private static void Line(
        StringBuilder text, string type, string name, string link, long size, uint mode, long uid, long gid,
        long time) => text.Append(
            CultureInfo.InvariantCulture, $"{type} {name} -> {link} {size} {mode} {uid}:{gid} {time}\n");

    private sealed class Lister : ITarVisitor
    {
        internal StringBuilder Text { get; } = new();

        public void Entry(Layers.Tar.TarEntry entry) => Line(Text, entry.Type.ToString(),
            Encoding.UTF8.GetString(entry.Path), Encoding.UTF8.GetString(entry.LinkPath), entry.Size, entry.Mode,
            entry.Uid, entry.Gid, entry.MtimeSeconds);

        public void Data(long offset, ReadOnlySpan<byte> data) { }

        public void EndOfData() { }
    }

    private sealed class TreeGrower : ITarVisitor
    {
        internal LayerTree Tree { get; } = new();

        public void Entry(Layers.Tar.TarEntry entry) => Tree.Apply(entry);

        public void Data(long offset, ReadOnlySpan<byte> data) { }

        public void EndOfData() { }

        internal void AssertNames(int directory, int depth)
        {
            Assert.InRange(depth, 0, 2048);
            for (int child = Tree.FirstChild(directory); child >= 0; child = Tree.NextSibling(child))
            {
                ReadOnlySpan<byte> name = Tree.NameOf(child);
                Assert.InRange(name.Length, 1, 255);
                Assert.False(name.SequenceEqual("."u8) || name.SequenceEqual(".."u8));
                Assert.False(name.ContainsAny((byte)'/', (byte)0));
                Assert.Equal(directory, Tree.ParentOf(child));
                AssertNames(child, depth + 1);
            }
        }
    }
}
