using System.Security.Cryptography;
using Skiff.Layers.Content;
using Skiff.Layers.Oci;
using Skiff.Layers.Tests.Support;

namespace Skiff.Layers.Tests.Content;

public class ContentStoreTests
{
    [Fact]
    public void Document_comes_back_by_its_digest()
    {
        using var root = new ScratchDirectory();
        var store = new ContentStore(root.Path);
        Digest digest = store.Put("hello"u8);
        Assert.Equal("sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824", digest.ToString());
        Assert.Equal("hello"u8, store.Get(digest));
        Assert.Equal(digest, store.Put("hello"u8));
        Assert.Equal([digest], store.List());
        store.Delete(digest);
        store.Delete(digest);
        Assert.Null(store.TryGet(digest));
        Assert.Empty(store.List());
    }

    [Fact]
    public void Corrupt_document_is_named_and_put_replaces_it()
    {
        using var root = new ScratchDirectory();
        var store = new ContentStore(root.Path);
        Digest digest = store.Put("hello"u8);
        string path = Directory.GetFiles(root.Path, digest.Hex, SearchOption.AllDirectories).Single();
        File.WriteAllText(path, "hullo");

        var e = Assert.Throws<ImageException>(() => store.Get(digest));
        Assert.Contains(path, e.Message);
        Assert.Contains("corrupt", e.Message);
        Assert.False(store.Contains(digest));
        store.Put("hello"u8);
        Assert.Equal("hello"u8, store.Get(digest));
    }

    [Fact]
    public void Document_with_another_digest_is_refused()
    {
        using var root = new ScratchDirectory();
        var store = new ContentStore(root.Path);
        var other = TestRegistry.Sha([1]);
        Assert.Contains("expected " + other, Assert.Throws<ImageException>(() => store.Put(other, [2])).Message);
        Assert.Empty(store.List());
        Assert.Contains("missing", Assert.Throws<ImageException>(() => store.Get(other)).Message);
    }

    [Fact]
    public void Plain_sha256_agrees_with_the_library_at_every_length()
    {
        byte[] bytes = new byte[300];
        new Random(7).NextBytes(bytes);
        for (int length = 0; length <= bytes.Length; length++)
            Assert.Equal(
                Digest.FromBytes(SHA256.HashData(bytes.AsSpan(0, length))), Sha256.DigestOf(bytes.AsSpan(0, length)));
    }
}
