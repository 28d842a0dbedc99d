using Skiff.Interop;
using Skiff.Layers.Archives;
using Skiff.Layers.Oci;
using Skiff.Layers.Pipeline;
using Skiff.Layers.Tests.Support;

namespace Skiff.Layers.Tests.Archives;

/// <summary>The tables of archives, and what stays in the store of each.</summary>
public sealed class ArchiveReaderTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();
    private readonly TarLayers _layers;

    public ArchiveReaderTests() => _layers = new TarLayers(Path.Combine(_scratch.Path, "layers"));

    public void Dispose() => _scratch.Dispose();

    public static TheoryData<string> RefusedNames => [.. ArchiveRows.Refused.Select(row => row.Name)];

    public static TheoryData<string> TakenNames => [.. ArchiveRows.Taken.Select(row => row.Name)];

    [Theory]
    [MemberData(nameof(RefusedNames))]
    public void Bad_archive_is_refused_with_a_reason(string name)
    {
        (_, byte[] bytes, string error) = ArchiveRows.Refused.Single(row => row.Name == name);
        ImageException e = Assert.Throws<ImageException>(() => Read(bytes));
        Assert.StartsWith("cannot take images from the archive: ", e.Message, StringComparison.Ordinal);
        Assert.Contains(error, e.Message, StringComparison.Ordinal);
        Assert.Equal(0, _layers.Leftovers);
    }

    [Theory]
    [MemberData(nameof(TakenNames))]
    public void Good_archive_gives_its_images_and_their_layers(string name)
    {
        (_, byte[] bytes, string names) = ArchiveRows.Taken.Single(row => row.Name == name);
        IReadOnlyList<LoadedImage> images = Read(bytes);
        Assert.Equal(names, string.Join(' ', images.Select(image =>
            image.Names.Count == 0 ? "-" : string.Join(' ', image.Names.Select(tag => tag.Familiar)))));
        foreach (LoadedImage image in images)
        {
            IReadOnlyList<Digest> diffIds = ImageConfig.Parse(image.Config).RootFs.DiffIds;
            Assert.All(diffIds, diffId => Assert.Equal(diffId, TestRegistry.Sha(_layers.Read(diffId))));
            var manifest = Manifest.Parse(image.Manifest);
            Assert.Equal(TestRegistry.Sha(image.Config), manifest.Config.Digest);
            Assert.Equal(diffIds.Count, manifest.Layers.Count);
        }
        Assert.Equal(0, _layers.Leftovers);
    }

    [Fact]
    public void Layer_that_the_store_has_is_not_written_again()
    {
        byte[] archive = ArchiveBytes.Layout(ArchiveBytes.Layer, ArchiveBytes.Config).ToArray();
        Read(archive);
        _layers.OnAppend = _ => Assert.Fail("the layer is written again");
        Assert.Single(Read(archive));
    }

    [Fact]
    public void Layers_are_reported_as_they_come_and_whole_when_the_store_has_them()
    {
        byte[] archive = ArchiveBytes.Layout(ArchiveBytes.Layer, ArchiveBytes.Config).ToArray();
        var log = new ProgressLog();
        log.OnReport = e =>
        {
            bool isThere = _layers.Contains(TestRegistry.Sha(ArchiveBytes.Layer));
            Assert.Equal(isThere, e.DoneBytes == e.TotalBytes);
        };
        Read(archive, log);
        Assert.Equal(0, log.Events.First().DoneBytes);
        Assert.Equal(log.Events.Last().TotalBytes, log.Events.Last().DoneBytes);
        Assert.All(log.Events, e => Assert.Equal(
            (TestRegistry.Sha(ArchiveBytes.Layer).Short, LayerState.Loading, ArchiveBytes.Layer.LongLength),
            (e.Id, e.State, e.TotalBytes)));
        log.Events.Clear();
        Read(archive, log);
        Assert.Empty(log.Events);
    }

    [Theory]
    [InlineData("blobs/sha256/HEX", "0123456789ab")]
    [InlineData("HEX/layer.tar", "0123456789ab")]
    [InlineData("HEX.tar", "0123456789ab")]
    [InlineData("blobs/sha512/HEXHEX", "blobs/sha512/HEXHEX")]
    [InlineData("層/layer.tar", "層/layer.tar")]
    public void Layer_is_called_by_its_digest_where_its_path_has_one(string path, string id)
    {
        string hex = string.Concat(Enumerable.Repeat("0123456789abcdef", 4));
        Assert.Equal(id.Replace("HEX", hex), ArchiveNames.LayerId(path.Replace("HEX", hex)));
    }

    private IReadOnlyList<LoadedImage> Read(byte[] archive, ProgressLog? log = null)
    {
        string path = Path.Combine(_scratch.Path, "archive");
        File.WriteAllBytes(path, archive);
        using Fd fd = Files.Open(path, OpenFlags.O_RDONLY);
        return new ArchiveReader(_layers, progress: log).Read(fd, Platform.Host, CancellationToken.None);
    }
}
