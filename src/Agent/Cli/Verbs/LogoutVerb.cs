using Skiff.Agent.Manager;
using Skiff.Interop;
using Skiff.Layers.Oci;
using Skiff.Layers.Registry.Logins;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>logout</c>: no error when nobody was logged in, as docker has it.</summary>
internal sealed class LogoutVerb : Verb
{
    /// <inheritdoc/>
    public override string Name => "logout";

    /// <inheritdoc/>
    public override string Usage => "[SERVER]";

    /// <inheritdoc/>
    public override string Summary => "Log out from a registry";

    /// <inheritdoc/>
    public override int MaximumArguments => 1;

    /// <inheritdoc/>
    public override int Run(Engine engine, ParsedArguments arguments)
    {
        string registry = ServerName.RegistryOf(arguments.Positional is [var server] ? server : null);
        string key = ServerName.KeyOf(registry);
        Output.Line($"Removing login credentials for {key}");
        try
        {
            engine.Registries.Logins.Erase(registry);
            if (engine.Registries.Logins.FindGiven(registry) is not null)
                Output.Error($"WARNING: {LoginStore.Variable} still has a login for {registry}: unset it");
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            Output.Error($"WARNING: could not erase credentials:\n{key}: {e.Message}");
        }
        return 0;
    }
}
