namespace Skiff.System.Tests;

/// <summary>`update` and `container prune`. What update does to control groups is shown in the VM.</summary>
public sealed class UpdateTests(SkiffHost host)
{
    public static TheoryData<string[], string> Refused => new()
    {
        { [], "you must provide one or more flags" },
        { ["--memory", "1m"], "Minimum memory limit allowed is 6MB" },
        { ["--memory", "x"], "invalid argument \"x\" for \"-m, --memory\" flag" },
        { ["--cpus", "0.5", "--cpu-quota", "5000"], "Nano CPUs and CPU Quota cannot both be set" },
        { ["--cpus", "0.5", "--cpu-period", "5000"], "Nano CPUs and CPU Period cannot both be set" },
        { ["--memory", "200m"], "already set memoryswap limit" },
        { ["--cpu-quota", "5000"], "CPU Quota cannot be updated as NanoCPUs has already been set" },
        { ["--cpus", "1000"], "range of CPUs is from 0.01 to" },
        { ["--cpu-rt-runtime", "1000"], "--cpu-rt-runtime" },
        { ["--cpu-rt-period", "1000"], "--cpu-rt-period" },
        { ["--restart", "sometimes"], "unknown policy 'sometimes'" },
    };

    [Theory, MemberData(nameof(Refused))]
    public void Impossible_updates_are_refused_and_change_nothing(string[] flags, string error)
    {
        using var container = Limited();
        var before = container.Get("HostConfig");
        var result = host.Run(["update", .. flags, container.Name]);
        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains(error, result.Error);
        Assert.Equal(before, container.Get("HostConfig"));
    }

    [Fact]
    public void Cpus_cannot_be_updated_where_a_quota_has_been_set()
    {
        var name = host.NewName();
        using var container = new Container(host, name,
            host.Run("create", "--name", name, "--cpu-quota", "50000", host.Busybox).Text());
        host.Run("update", "--cpus", "0.5", name).FailsClearly(1, "Nano CPUs cannot be updated as CPU Quota");
        host.Run("update", "--cpu-quota", "60000", name).Exits(0);
        Assert.Equal("60000", container.Get("HostConfig.CpuQuota"));
    }

    private Container Limited()
    {
        var name = host.NewName();
        return new Container(host, name,
            host.Run("create", "--name", name, "-m", "64m", "--cpus", "0.5", host.Busybox).Text());
    }

    [Fact]
    public void Limits_and_restart_policies_are_recorded_and_the_others_kept()
    {
        var name = host.NewName();
        using var container = new Container(host, name,
            host.Run("create", "--name", name, "-m", "64m", "--pids-limit", "9", host.Busybox, "true").Text());
        Assert.Equal(name, host.Run("update", "--cpu-shares", "512", "--restart", "on-failure:3", name).Text());
        Assert.Equal("512", container.Get("HostConfig.CpuShares"));
        Assert.Equal("67108864", container.Get("HostConfig.Memory"));
        Assert.Equal("9", container.Get("HostConfig.PidsLimit"));
        Assert.Equal("on-failure", container.Get("HostConfig.RestartPolicy.Name"));
        Assert.Equal("3", container.Get("HostConfig.RestartPolicy.MaximumRetryCount"));
        host.Run("update", "--memory-swap", "96m", name).Exits(0);
        host.Run("update", "-m", "128m", name).FailsClearly(1, "update the memoryswap at the same time");
        host.Run("update", "-m", "128m", "--memory-swap", "-1", name).Exits(0);
        Assert.Equal("134217728", container.Get("HostConfig.Memory"));
    }

    [Fact]
    public void A_missing_container_is_told_and_the_others_are_updated()
    {
        using var container = host.Detached("--rm", host.Busybox, "sleep", "1000");
        var result = host.Run("update", "--pids-limit", "7", "nobody", container.Name).Exits(1);
        Assert.Equal(container.Name, result.Out.Trim());
        Assert.Contains("No such container: nobody", result.Error);
        Assert.Equal("7", container.Get("HostConfig.PidsLimit"));
        host.Run("update", "--restart", "always", container.Name)
            .FailsClearly(1, "Restart policy cannot be updated because AutoRemove is enabled");
    }

    [Fact]
    public void Prune_removes_stopped_containers_that_the_filters_fit_and_says_what_it_brought()
    {
        using var keep = host.Detached("--label", "prune-test=keep", host.Busybox, "true");
        using var go = host.Detached("--label", "prune-test=go", host.Busybox, "sh", "-c",
            "dd if=/dev/zero of=/f bs=1M count=3");
        using var runs = host.Detached("--label", "prune-test=go", host.Busybox, "sleep", "1000");
        keep.WaitFor("exited");
        go.WaitFor("exited");
        string[] prune = ["container", "prune", "--filter", "label=prune-test=go"];
        using (var asked = host.Start(prune))
        {
            var answer = asked.Finish("n\n").Exits(0);
            Assert.Equal("WARNING! This will remove all stopped containers.\n"
                + "Are you sure you want to continue? [y/N] ", answer.Out);
        }
        Assert.Equal("Total reclaimed space: 0B\n", host.Run([.. prune, "-f", "--filter", "until=1h"]).Exits(0).Out);
        var pruned = host.Run([.. prune, "--force", "--filter", "label!=prune-test=keep"]).Exits(0);
        Assert.Matches($@"^Deleted Containers:\n{go.Id}\n\nTotal reclaimed space: 3\.1\d+MB\n$", pruned.Out);
        Assert.Equal("running", runs.Get("State.Status"));
        Assert.Equal("exited", keep.Get("State.Status"));
        host.Run("container", "prune", "-f", "--filter", "foo=1").FailsClearly(1, "invalid filter 'foo'");
    }
}
