using System.Globalization;

namespace Skiff.System.Tests;

/// <summary>
/// A user who has no right on the host, with a home, ids to give away, and a copy of the binary. The user, the ids and
/// a /dev/net/tun that everybody may open, as udev makes it, exist in mount namespaces of each command alone. Disposing
/// removes everything, and fails when a process of the user was left.
/// </summary>
public sealed class RootlessUser : IDisposable
{
    private const string Script = """
        cd "$1"
        mount -t tmpfs tmpfs dev && mknod -m 666 dev/tun c 10 200 && mount --bind dev/tun /dev/net/tun
        for file in passwd subuid subgid; do mount --bind "etc/$file" "/etc/$file"; done
        eval "$3"
        user=$2 home=$1/home run=$1/run groups=$4; shift 4
        cd "$home"
        exec setpriv --reuid "$user" --regid "$user" "$groups" --inh-caps=-all \
            env -i PATH=/usr/bin:/bin HOME="$home" XDG_RUNTIME_DIR="$run" "$@"
        """;

    private static int s_users;

    private readonly string _folder = Directory.CreateTempSubdirectory("skiff-rootless-").FullName;

    /// <param name="host">The host, with the binary and the images.</param>
    /// <param name="withIds">Whether /etc/subuid and /etc/subgid give the user ids.</param>
    public RootlessUser(SkiffHost host, bool withIds = true)
    {
        Id = 61_000 + Interlocked.Increment(ref s_users);
        FirstId = 100_000_000 + (Id * 65536L);
        foreach (string name in (ReadOnlySpan<string>)["etc", "home", "run", "dev"])
            Directory.CreateDirectory(Path.Combine(_folder, name));
        File.Copy(host.Binary, Binary);
        File.WriteAllText($"{_folder}/etc/passwd",
            File.ReadAllText("/etc/passwd") + $"rootless:x:{Id}:{Id}::{_folder}/home:/bin/sh\n");
        foreach (string name in (ReadOnlySpan<string>)["subuid", "subgid"])
            File.WriteAllText($"{_folder}/etc/{name}", withIds ? $"other:5:5\nrootless:{FirstId}:65536\n" : "");
        Command.Shell("chmod 755 $1 $1/skiff && chmod 700 $1/home $1/run && chown $2:$2 $1/home $1/run", _folder,
            Id.ToString(CultureInfo.InvariantCulture)).Exits(0);
    }

    /// <summary>The user's id, which is also the group's.</summary>
    public int Id { get; }

    /// <summary>The id on the host that is 1 inside.</summary>
    public long FirstId { get; }

    /// <summary>The user's home.</summary>
    public string Home => $"{_folder}/home";

    /// <summary>$XDG_RUNTIME_DIR.</summary>
    public string RunRoot => $"{_folder}/run";

    /// <summary>A shell script that runs as root before each command, in its mount namespace and its process.</summary>
    public string Before { get; set; } = ":";

    /// <summary>More groups of the user's, by their numbers.</summary>
    public string Groups { get; set; } = "";

    private string Binary => $"{_folder}/skiff";

    /// <summary>Starts a program as the user.</summary>
    public Command Start(params string[] command) => Command.Start("unshare",
        ["--mount", "bash", "-euc", Script, "bash", _folder, $"{Id}", Before,
            Groups.Length == 0 ? "--clear-groups" : $"--groups={Groups}", .. command]);

    /// <summary>Runs the binary to its end.</summary>
    public CommandResult Run(params string[] arguments)
    {
        using Command command = Start([Binary, .. arguments]);
        return command.Finish();
    }

    /// <summary>The same with another environment: <c>NAME=value</c>, or <c>-u NAME</c> in two words.</summary>
    public CommandResult RunWith(string[] environment, params string[] arguments)
    {
        using Command command = Start(["env", .. environment, Binary, .. arguments]);
        return command.Finish();
    }

    /// <summary>The command lines of all processes that have the user's id, or one of those given away.</summary>
    public List<string> Processes() => [.. Command.Shell(
        "for p in /proc/[0-9]*; do awk -v u=$1 -v f=$2 '/^Uid:/ && ($2 == u || ($2 >= f && $2 < f + 65536)) {exit 9}' "
        + "$p/status 2>/dev/null; [ $? = 9 ] && { tr '\\0' ' ' < $p/cmdline; echo \" ($p)\"; }; done; true",
        $"{Id}", $"{FirstId}").Out.Split('\n', StringSplitOptions.RemoveEmptyEntries)
        // One that has ended, and that nobody has asked how, has no words left.
        .Where(line => line[0] != ' ')];

    public void Dispose()
    {
        Before = ":";
        foreach (string id in Run("ps", "-aq").Out.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            Run("rm", "-f", "-v", id);
        CommandResult release = Run("system", "release");
        List<string> left = [];
        for (int i = 0; i < 500 && (left = Processes()).Count > 0; i++) Thread.Sleep(20);
        // Of a test that has failed in the middle, too: nobody else would end them.
        foreach (string line in left)
            Command.Shell("kill -9 $(sed 's|.*(/proc/\\([0-9]*\\)).*|\\1|' <<< \"$1\")", line);
        Directory.Delete(_folder, recursive: true);
        Assert.True(left.Count == 0, $"processes of the user were left:\n{string.Join('\n', left)}\n{release}");
        release.Exits(0);
    }
}
