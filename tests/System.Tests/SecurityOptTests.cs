namespace Skiff.System.Tests;

/// <summary>`--security-opt` in all its forms; AppArmor itself is for the virtual machine.</summary>
public sealed class SecurityOptTests(SkiffHost host)
{
    private const string Seccomp = "grep ^Seccomp: /proc/self/status | cut -f2";

    [Theory]
    [InlineData("no-new-privileges=true", "1")]
    [InlineData("no-new-privileges", "1")]
    [InlineData("no-new-privileges:1", "1")]
    [InlineData("no-new-privileges=false", "0")]
    [InlineData("apparmor=unconfined", "0")]
    [InlineData("label=disable", "0")]
    [InlineData("label=level:s0:c1,c2", "0")]
    [InlineData("label=nested", "0")]
    public void No_new_privileges_is_set_when_asked_for(string option, string expected) =>
        Assert.Equal(expected, host.Ask("grep ^NoNewPrivs: /proc/self/status | cut -f2", "--security-opt", option));

    [Fact]
    public void Of_an_option_that_comes_twice_the_last_one_counts() =>
        Assert.Equal("0", host.Ask("grep ^NoNewPrivs: /proc/self/status | cut -f2",
            "--security-opt", "no-new-privileges", "--security-opt", "no-new-privileges=false"));

    [Theory]
    [InlineData("2", "--security-opt=seccomp=builtin")]
    [InlineData("0", "--security-opt=seccomp=unconfined")]
    [InlineData("0", "--privileged")]
    [InlineData("2", "--privileged", "--security-opt=seccomp=builtin")]
    public void The_filter_is_the_engines_own_or_none(string expected, params string[] flags) =>
        Assert.Equal(expected, host.Ask(Seccomp, flags));

    [Fact]
    public void A_profile_of_the_users_decides()
    {
        string profile = Profile("""
            {"defaultAction": "SCMP_ACT_ALLOW",
             "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 28}]}
            """);
        Assert.Contains("No space left", host.Run("run", "--rm", "--security-opt", $"seccomp={profile}", host.Busybox,
            "mkdir", "/new").Error);
    }

    [Theory]
    [InlineData("""{"defaultAction": "SCMP_ACT_NOTIFY"}""", "SCMP_ACT_NOTIFY")]
    [InlineData("""
        {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mount"], "action": "SCMP_ACT_NOTIFY"}]}
        """, "syscalls[0].action is SCMP_ACT_NOTIFY")]
    [InlineData("""{"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": "/run/x"}""", "listenerPath")]
    [InlineData("""{"defaultAction": "SCMP_ACT_DENY"}""", "SCMP_ACT_DENY")]
    [InlineData("no JSON", "no valid JSON")]
    public void A_profile_that_cannot_be_used_is_refused_by_what_is_wrong(string json, string words) =>
        host.Run("create", "--security-opt", $"seccomp={Profile(json)}", host.Busybox, "true")
            .FailsClearly(125, "seccomp profile", words);

    [Theory]
    [InlineData("seccomp=/no/such/file", "opening seccomp profile (/no/such/file) failed")]
    [InlineData("seccomp", "invalid --security-opt: \"seccomp\"")]
    [InlineData("apparmor=", "invalid --security-opt: \"apparmor=\"")]
    [InlineData("systempaths=other", "invalid --security-opt: \"systempaths=other\"")]
    [InlineData("no-new-privileges=maybe", "invalid --security-opt: \"no-new-privileges=maybe\"")]
    [InlineData("credentialspec=x", "invalid --security-opt: \"credentialspec=x\"")]
    [InlineData("label=colour:red", "bad label option \"colour:red\"")]
    [InlineData("label=type:", "bad label option \"type:\"")]
    public void An_option_that_nobody_knows_is_refused(string option, string words) =>
        host.Run("create", "--security-opt", option, host.Busybox, "true").FailsClearly(125, words);

    [Fact]
    public void System_paths_are_open_when_asked_for()
    {
        const string Masked = "wc -c < /proc/keys; grep -c ' /proc/sys ' /proc/self/mountinfo";
        Assert.Equal("0\n1", host.Run("run", "--rm", host.Busybox, "sh", "-c", Masked).Out.TrimEnd());
        string[] open = host.Run("run", "--rm", "--security-opt", "systempaths=unconfined", host.Busybox, "sh", "-c",
            Masked).Out.TrimEnd().Split('\n');
        Assert.NotEqual("0", open[0]);
        Assert.Equal("0", open[1]);
    }

    [Fact]
    public void Options_are_shown_as_they_are_kept()
    {
        using Container container = host.Detached("--security-opt", "no-new-privileges", "--security-opt",
            "label:disable", host.Busybox, "sleep", "99");
        Assert.Equal(["no-new-privileges", "label=disable"],
            container.Inspect()["HostConfig"]!["SecurityOpt"]!.AsArray().Select(option => option!.ToString()));
        Assert.Equal("1", container.Exec("grep ^NoNewPrivs: /proc/self/status | cut -f2").Text());
    }

    private string Profile(string json)
    {
        string path = Path.Combine(host.NewFolder(), "profile.json");
        File.WriteAllText(path, json);
        return path;
    }
}
