namespace Skiff.System.Tests;

/// <summary>A folder with logins, and what makes the binary use it.</summary>
/// <param name="host">The binary.</param>
/// <param name="trusting">The registries.json that names the authorities of registries.</param>
public sealed class Logins(SkiffHost host, string trusting)
{
    /// <summary>The variables.</summary>
    public Dictionary<string, string?> Variables { get; } = new()
    {
        ["DOCKER_CONFIG"] = host.NewFolder(), ["SKIFF_REGISTRIES"] = trusting,
    };

    /// <summary>Logs in to a registry.</summary>
    /// <param name="registry">ADDRESS:PORT.</param>
    /// <param name="login">USER:PASSWORD, as skopeo takes it.</param>
    public void Add(string registry, string login)
    {
        string[] parts = login.Split(':');
        using Command command = Command.Start(
            host.Binary, ["login", "-u", parts[0], "--password-stdin", registry], Variables);
        command.Finish(parts[1]).Exits(0);
    }
}
