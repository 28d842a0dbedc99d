using System.Text;

namespace Skiff.Interop.Tests.Libc;

public sealed class TreeRemovalTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Missing_path_and_single_file_are_removed()
    {
        File.WriteAllText(_directory["file"], "");
        Assert.Empty(TreeRemoval.Remove(_directory["file"]));
        Assert.Empty(TreeRemoval.Remove(_directory["file"]));
        Assert.False(File.Exists(_directory["file"]));
    }

    [Fact]
    public void Wide_tree_with_many_kinds_is_removed()
    {
        Tool.Run("bash", "-c", $"""
            cd {_directory.Path} && mkdir -p t/a/b/c t/empty && cd t
            for i in $(seq 3000); do : > file$i; done
            mkfifo p; ln -s /etc l; mknod n c 1 3; chmod 000 a/b; printf x > $'a/b/c/no-\xff-utf8'
            """);
        Assert.Empty(TreeRemoval.Remove(_directory["t"]));
        Assert.False(Directory.Exists(_directory["t"]));
        Assert.True(Directory.Exists("/etc"));
    }

    [Fact]
    public void Tree_deeper_than_the_descriptor_limit_is_removed()
    {
        Tool.Run("python3", "-c", $"""
            import os
            os.chdir('{_directory.Path}'); os.mkdir('t'); os.chdir('t')
            for i in range(6000):
                os.mkdir('d'); open('f', 'w').close(); os.chdir('d')
            """);
        Assert.Empty(TreeRemoval.Remove(_directory["t"]));
        Assert.False(Directory.Exists(_directory["t"]));
    }

    [Fact]
    public void Tree_that_several_remove_at_once_goes_without_a_failure()
    {
        for (int round = 0; round < 5; round++)
        {
            string tree = _directory["t"];
            for (int i = 0; i < 60; i += 5) Directory.CreateDirectory($"{tree}/{i}/{string.Join('/', Deep(i))}");
            var removers = Enumerable.Range(0, 4).Select(_ => Task.Run(() => TreeRemoval.Remove(tree))).ToArray();
            Assert.All(removers, remover => Assert.Empty(remover.Result));
            Assert.False(Directory.Exists(tree));
        }

        static IEnumerable<int> Deep(int depth) => Enumerable.Range(0, depth);
    }

    [Fact]
    public void Directory_that_was_removed_while_it_is_open_is_empty()
    {
        Directory.CreateDirectory(_directory["gone"]);
        using Fd open = Files.Open(_directory["gone"], OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY);
        Directory.Delete(_directory["gone"]);
        Assert.Empty(Files.ListDirectory(open));
    }

    [Fact]
    public void Symlink_to_a_directory_loses_only_itself()
    {
        Directory.CreateDirectory(_directory["kept"]);
        File.WriteAllText(_directory["kept/file"], "");
        Directory.CreateDirectory(_directory["t"]);
        File.CreateSymbolicLink(_directory["t/link"], _directory["kept"]);
        File.CreateSymbolicLink(_directory["top"], _directory["kept"]);
        Assert.Empty(TreeRemoval.Remove(_directory["t"]));
        Assert.Empty(TreeRemoval.Remove(_directory["top"]));
        Assert.True(File.Exists(_directory["kept/file"]));
    }

    [Fact]
    public void Mounts_are_not_entered_and_are_reported() => MountNamespace.Run(() =>
    {
        Tool.Run("bash", "-c", $"""
            cd {_directory.Path} && mkdir -p kept t/a/m t/b && : > kept/file && : > t/b/gone
            mount --bind kept t/a/m
            """);
        IReadOnlyList<LinuxException> failures = TreeRemoval.Remove(_directory["t"]);
        LinuxException failure = Assert.Single(failures);
        Assert.Equal(Errno.EBUSY, failure.Errno);
        Assert.EndsWith("/t/a>, m", failure.Path);
        Assert.True(File.Exists(_directory["kept/file"]));
        Assert.False(Directory.Exists(_directory["t/b"]));
        Assert.Equal(Errno.EBUSY, Assert.Single(TreeRemoval.Remove(_directory["t/a/m"])).Errno);
        Assert.True(File.Exists(_directory["kept/file"]));
        Tool.Run("umount", _directory["t/a/m"]);
    });

    [Fact]
    public void Failures_are_collected_while_the_rest_goes()
    {
        Tool.Run("bash", "-c", $"""
            cd {_directory.Path} && mkdir -p t/a t/b && : > t/a/stays && : > t/b/goes && : > t/stays2
            chattr +i t/a/stays t/stays2
            """);
        try
        {
            IReadOnlyList<LinuxException> failures = TreeRemoval.Remove(_directory["t"]);
            Assert.Equal([Errno.EPERM, Errno.EPERM], failures.Select(f => f.Errno));
            Assert.Equal(["stays", "stays2"], failures.Select(f => f.Path!.Split(", ")[1]).Order());
            Assert.StartsWith("unlinkat(", failures[0].Message);
            Assert.False(Directory.Exists(_directory["t/b"]));
        }
        finally
        {
            Tool.Run("chattr", "-i", _directory["t/a/stays"], _directory["t/stays2"]);
        }
    }
}
