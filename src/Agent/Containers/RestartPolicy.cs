using System.Globalization;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Containers;

/// <summary>
/// When a container is started again: <c>no</c>, <c>always</c>, <c>unless-stopped</c>, <c>on-failure[:N]</c>, or
/// <c>on-unhealthy[:N]</c>, which is on-failure and counts being unhealthy as a failure.
/// </summary>
/// <param name="Name">One of these words.</param>
/// <param name="MaximumRetryCount">Restarts after failures; 0 is any number.</param>
internal sealed record RestartPolicy(string Name, int MaximumRetryCount = 0)
{
    private const string Format = "invalid restart policy format";

    /// <summary>Never again.</summary>
    public static RestartPolicy No { get; } = new("no");

    /// <summary>Whether an unhealthy container is ended, to be started again.</summary>
    public bool OnUnhealthy => Name == "on-unhealthy";

    private bool OnFailure => Name is "on-failure" or "on-unhealthy";

    /// <summary>Reads the value of <c>--restart</c>; empty is <see cref="No"/>.</summary>
    /// <exception cref="UsageException">It is none, in docker's words.</exception>
    public static RestartPolicy Parse(string text)
    {
        if (text.Length == 0) return No;
        string[] parts = text.Split(':');
        if (parts.Length > 2) throw new UsageException(Format, 125);
        if (parts[0].Length == 0) throw new UsageException($"{Format}: no policy provided before colon", 125);
        int count = 0;
        if (parts.Length == 2 && !int.TryParse(parts[1], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture,
            out count))
            throw new UsageException($"{Format}: maximum retry count must be an integer", 125);
        var policy = new RestartPolicy(parts[0], count);
        if (policy.Name is not ("no" or "always" or "unless-stopped") && !policy.OnFailure)
            throw new UsageException($"invalid restart policy: unknown policy '{policy.Name}'; use one of 'no', "
                + "'always', 'on-failure', 'on-unhealthy', or 'unless-stopped'");
        if (count != 0 && !policy.OnFailure)
            throw new UsageException("invalid restart policy: maximum retry count can only be used with 'on-failure' "
                + "and 'on-unhealthy'");
        return count >= 0 ? policy
            : throw new UsageException("invalid restart policy: maximum retry count cannot be negative");
    }

    /// <summary>Whether a run that nobody stopped is followed by another one.</summary>
    /// <param name="exitCode">Of the run that ended; not 0 when it did not begin.</param>
    /// <param name="restarts">How many there were.</param>
    public bool Restarts(int exitCode, int restarts) => Name switch
    {
        "always" or "unless-stopped" => true,
        _ when OnFailure => exitCode != 0 && (MaximumRetryCount == 0 || restarts < MaximumRetryCount),
        _ => false,
    };

    /// <summary>Whether the agent starts a container that is not running.</summary>
    /// <param name="state">What is known of its last run.</param>
    /// <param name="afterBoot">Whether the host has booted since the agent last looked.</param>
    public bool StartsAtBoot(ContainerState state, bool afterBoot)
    {
        if (state.StartedAt == default) return false;
        if (Name == "always" && afterBoot) return true;
        return !state.StoppedByUser && Restarts(state.ExitCode, state.RestartCount);
    }

    /// <summary>As <c>--restart</c> takes it.</summary>
    public override string ToString() =>
        MaximumRetryCount == 0 ? Name : string.Create(CultureInfo.InvariantCulture, $"{Name}:{MaximumRetryCount}");
}
