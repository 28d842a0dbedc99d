namespace Skiff.System.Tests;

/// <summary>Cells of the matrix: archives that other programs write or read.</summary>
/// <param name="host">Has the image that goes back and forth.</param>
public sealed class ArchiveCells(SkiffHost host)
{
    private const string Ours = "ours:one";

    /// <summary>Adds the rows.</summary>
    public void AddTo(MatrixTable table)
    {
        table.Add("skopeo docker-archive", Row(
            tar => Skopeo($"docker-archive:{tar}:theirs:one"), tar => Read(tar, $"docker-archive:{tar}:{Ours}")));
        table.Add("skopeo oci-archive", Row(
            tar => Skopeo($"oci-archive:{tar}:theirs:one"), tar => Read(tar, $"oci-archive:{tar}:one")));
        table.Add("skopeo OCI layout", Row(tar =>
        {
            ImageFacts facts = Skopeo($"oci:{tar}.d:theirs:one");
            Sh("tar -C \"$1.d\" -cf \"$1\" .", tar);
            return facts;
        }, tar => Read(tar, $"oci:{Unpacked(tar)}:one")));
        table.Add("umoci layout", Row(Umoci, UmociReads));
        foreach (string form in (string[])["docker-archive", "oci-archive"])
            table.Add($"podman {form}", Row(tar => PodmanSaves(tar, form), tar => PodmanReads(tar, form)));
    }

    // Whoever writes or reads an archive says what is in it.
    private Action<string, string> Row(Func<string, ImageFacts> write, Func<string, ImageFacts> read) =>
        (verb, snapshotter) =>
        {
            using Store store = new(host, snapshotter);
            string tar = Path.Combine(store.Folder, "image.tar");
            if (verb == "load")
            {
                ImageFacts written = write(tar);
                string said = store.Run("load", "-i", tar).Exits(0).Lines.Single();
                Assert.Equal(written, ImageFacts.Of(store, said[(said.IndexOf(": ", StringComparison.Ordinal) + 2)..]));
                Assert.Contains(" 0 defects", store.Run("system", "check", "-q").Text());
                return;
            }
            store.Run("pull", "-q", host.Probe).Exits(0);
            store.Run("tag", host.Probe, Ours).Exits(0);
            store.Run("save", "-o", tar, Ours).Exits(0);
            Assert.Equal(ImageFacts.Of(store, Ours), read(tar));
        };

    private ImageFacts Skopeo(string target)
    {
        Command.Run("skopeo", "copy", "-q", "--insecure-policy", "--src-tls-verify=false", $"docker://{host.Probe}",
            target).Exits(0);
        return ImageFacts.Of(target);
    }

    private static ImageFacts Read(string tar, string image)
    {
        ImageFacts.Read(image, tar + ".read");
        return ImageFacts.Of(image);
    }

    private static string Unpacked(string tar)
    {
        Sh("mkdir \"$1.u\" && tar -C \"$1.u\" -xf \"$1\"", tar);
        return tar + ".u";
    }

    // An image that umoci has changed: one layer more.
    private ImageFacts Umoci(string tar)
    {
        Skopeo($"oci:{tar}.d:one");
        Sh("""
            umoci unpack --image "$1.d:one" "$1.bundle"
            echo changed > "$1.bundle/rootfs/etc/umoci"; rm "$1.bundle/rootfs/www/index.html"
            umoci repack --image "$1.d:two" "$1.bundle"
            umoci rm --image "$1.d:one"; umoci gc --layout "$1.d"
            tar -C "$1.d" -cf "$1" .
            """, tar);
        return ImageFacts.Of($"oci:{tar}.d:two");
    }

    private static ImageFacts UmociReads(string tar)
    {
        string layout = Unpacked(tar);
        // It compares each layer with its DiffId.
        Sh("umoci unpack --image \"$1.u:one\" \"$1.bundle\" && test -s \"$1.bundle/rootfs/www/index.html\"", tar);
        return ImageFacts.Of($"oci:{layout}:one");
    }

    private ImageFacts PodmanSaves(string tar, string form)
    {
        using Podman podman = new();
        Skopeo($"{form}:{tar}.in:theirs:one");
        podman.Run("load", "-q", "-i", tar + ".in");
        podman.Run("save", "-q", "--format", form, "-o", tar, podman.Id());
        return podman.Facts();
    }

    private static ImageFacts PodmanReads(string tar, string form)
    {
        using Podman podman = new();
        if (form == "docker-archive") podman.Run("pull", "-q", $"docker-archive:{tar}");
        else podman.Run("load", "-q", "-i", tar);
        return podman.Facts();
    }

    private static void Sh(string script, string tar) => Command.Shell("set -e; " + script, tar).Exits(0);
}
