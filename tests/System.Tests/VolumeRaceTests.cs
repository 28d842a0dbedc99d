using System.Formats.Tar;

namespace Skiff.System.Tests;

/// <summary>
/// Containers that are started with a volume while another container keeps exchanging what is in it for symlinks to the
/// host's files.
/// </summary>
[Collection(Alone.Name)]
public sealed class VolumeRaceTests(SkiffHost host)
{
    private const int Starts = 20;

    [Fact]
    public void A_mount_below_a_volume_lands_inside_whatever_the_volume_shows()
    {
        // CVE-2021-30465.
        string bait = host.NewFolder(), volume = host.NewName("v"), inner = host.NewName("v");
        using (Container attacker = host.Detached("-v", $"{volume}:/v", host.Busybox, "sh", "-c", $"""
            mkdir -p /v/real; ln -s {bait} /v/out; ln -s / /v/root
            while :; do
                for way in out root; do mv /v/$way /v/sub; mv /v/sub /v/$way; mv /v/real /v/sub; mv /v/sub /v/real; done
            done
            """))
            for (int i = 0; i < Starts; i++)
            {
                // In its place or elsewhere inside: what was mounted outside is not among the container's mounts.
                CommandResult seen = host.Run("run", "--rm", "-v", $"{volume}:/v", "-v", $"{inner}:/v/sub",
                    host.Busybox, "cat", "/proc/self/mountinfo");
                Assert.True(seen.ExitCode != 0 || seen.Out.Contains(inner), seen.ToString());
            }
        Assert.Empty(Directory.GetFileSystemEntries(bait));
        string mounts = File.ReadAllText("/proc/self/mountinfo");
        Assert.DoesNotContain(inner, mounts);
        Assert.DoesNotContain(bait, mounts);
        host.Run("volume", "rm", volume, inner).Exits(0);
    }

    [Theory]
    [InlineData("sub")]
    [InlineData("sub/inner")]
    [InlineData("real/../sub/inner/.")]
    public void A_part_of_a_volume_is_of_the_volume_whatever_is_exchanged_in_it(string subpath)
    {
        string bait = host.NewFolder(), volume = host.NewName("v"), folder = host.NewFolder();
        Directory.CreateDirectory($"{bait}/inner");
        Command.Run("gcc", "-O1", "-static", "-o", $"{folder}/exchange", SkiffHost.Source("tests/faults/exchange.c"))
            .Exits(0);
        string data;
        using (Container attacker = host.Detached("-v", $"{volume}:/v", host.Busybox, "sleep", "1000"))
        {
            data = host.Run("volume", "inspect", "-f", "{{.Mountpoint}}", volume).Text();
            host.Run("cp", $"{folder}/exchange", $"{attacker.Name}:/exchange").Exits(0);
            // By an absolute way, by the root, and up and down again: to a directory that has what is asked for.
            attacker.Exec($"mkdir -p /v/sub/inner /v/real; ln -s {bait} /v/one; ln -s ../../../../../../../..{bait} "
                + "/v/two; ln -s / /v/three").Exits(0);
            foreach (string way in (ReadOnlySpan<string>)["one", "two", "three"])
                host.Run("exec", "-d", attacker.Name, "/exchange", "/v/sub", $"/v/{way}").Exits(0);
            for (int i = 0; i < Starts; i++)
            {
                CommandResult seen = host.Run("run", "--rm", "--mount",
                    $"src={volume},dst=/m,volume-subpath={subpath}", host.Busybox, "sh", "-c",
                    "touch /m/was-here; grep ' /m ' /proc/self/mountinfo | cut -d' ' -f4");
                // Its place in the filesystem, as the kernel tells it; nothing was there, or it was the volume's.
                if (seen.ExitCode == 0) Assert.True(RootedIn(data, seen.Text()), seen.ToString());
                else seen.FailsClearly(125, "volume-subpath");
            }
        }
        Assert.Equal([$"{bait}/inner"], Directory.GetFileSystemEntries(bait));
        Assert.Empty(Directory.GetFileSystemEntries($"{bait}/inner"));
        host.Run("volume", "rm", volume).Exits(0);
    }

    // The folder may itself be below a mount: then its place begins later.
    private static bool RootedIn(string folder, string root)
    {
        string mount = Command.Run("findmnt", "-n", "-o", "TARGET", "--target", folder).Text();
        string place = mount == "/" ? folder : folder[mount.Length..];
        return root == place || root.StartsWith(place + "/", StringComparison.Ordinal);
    }

    [Fact]
    public void Masks_and_the_console_hold_while_a_volume_is_dev()
    {
        // CVE-2025-31133, CVE-2025-52565, with the volume in the place of the image.
        const string CorePattern = "/proc/sys/kernel/core_pattern";
        string before = File.ReadAllText(CorePattern), volume = host.NewName("v");
        using (Container attacker = host.Detached("-v", $"{volume}:/v", host.Busybox, "sh", "-c", $"""
            mkdir /v/pts /v/shm /v/mqueue; touch /v/n /v/c
            while :; do
                for f in null console; do ln -s {CorePattern} /v/$f; rm /v/$f; touch /v/$f; rm /v/$f; done
            done
            """))
            for (int i = 0; i < Starts; i++)
            {
                CommandResult seen = host.Run("run", "--rm", i % 2 == 0 ? "-t" : "-i", "-v", $"{volume}:/dev",
                    host.Busybox, "sh", "-c",
                    $"cat /proc/keys /proc/interrupts; (echo bad > {CorePattern}) 2>&1 | grep -o Read-only");
                Assert.Equal("Read-only", seen.Out.Trim());
            }
        Assert.Equal(before, File.ReadAllText(CorePattern));
        host.Run("volume", "rm", volume).Exits(0);
    }

    [Fact]
    public void Filling_a_volume_changes_nothing_outside_it()
    {
        string folder = host.NewFolder(), bait = Path.Combine(folder, "bait"), volume = host.NewName("v");
        File.WriteAllText(bait, "bait");
        File.SetUnixFileMode(bait, UnixFileMode.UserRead);
        using var image = new HostileImage(host, [.. Slow("data/f"), .. Slow("data/x0/bait"), .. SecondNames(5)]);
        using (Container attacker = host.Detached("-v", $"{volume}:/v", host.Busybox, "sh", "-c", $$"""
            cd /v; while :; do
                [ ! -f f ] || [ -L f ] || { mv f yf; ln -s {{bait}} f; }
                for x in x0 x1 x2 x3 x4 x5; do [ ! -d $x ] || [ -L $x ] || { mv $x y$x; ln -s {{folder}} $x; }; done
            done
            """))
            for (int i = 0; i < Starts; i++)
            {
                // Files that are moved while they are made may fail the start, which is no harm.
                host.Run("run", "--rm", "-v", $"{volume}:/data", image.Name, "true");
                attacker.Exec("rm -rf /v/*");
            }
        Assert.Equal(UnixFileMode.UserRead, File.GetUnixFileMode(bait));
        Assert.Equal("bait", File.ReadAllText(bait));
        Assert.Equal("1 0:0", Command.Run("stat", "-c", "%h %u:%g", bait).Text());
        Assert.Equal([bait], Directory.GetFileSystemEntries(folder));
        host.Run("volume", "rm", volume).Exits(0);
    }

    // It takes a while to copy, and has a mode and an owner that nobody else would give the bait.
    private static IEnumerable<TarEntry> Slow(string name)
    {
        yield return new PaxTarEntry(TarEntryType.RegularFile, name)
        {
            DataStream = new MemoryStream(new byte[16 << 20]), Mode = (UnixFileMode)0x1FF, Uid = 4321, Gid = 4321,
        };
    }

    private static IEnumerable<TarEntry> SecondNames(int count) => Enumerable.Range(1, count).Select(i =>
        new PaxTarEntry(TarEntryType.HardLink, $"data/x{i}/bait") { LinkName = "data/x0/bait" });
}
