using Skiff.Agent.Manager;
using Skiff.Interop;
using Skiff.Layers.Oci;
using Skiff.Layers.Registry;
using Skiff.Layers.Registry.Logins;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>login</c>: kept only when the registry takes it.</summary>
internal sealed class LoginVerb : Verb
{
    private static readonly Option[] s_options =
    [
        Option.Value("password", "string", "Password or personal access token", 'p'),
        Option.Flag("password-stdin", "Take the password or personal access token from stdin"),
        Option.Value("username", "string", "Username", 'u'),
    ];

    /// <inheritdoc/>
    public override string Name => "login";

    /// <inheritdoc/>
    public override string Usage => "[OPTIONS] [SERVER]";

    /// <inheritdoc/>
    public override string Summary => "Authenticate to a registry";

    /// <inheritdoc/>
    public override Option[] Options => s_options;

    /// <inheritdoc/>
    public override int MaximumArguments => 1;

    /// <inheritdoc/>
    public override int Run(Engine engine, ParsedArguments arguments)
    {
        string? user = NotEmpty(arguments.Value("username")), password = NotEmpty(Password(arguments));
        string registry = ServerName.RegistryOf(arguments.Positional is [var server] ? server : null);
        try
        {
            RegistryCredentials? kept =
                user is null && password is null ? engine.Registries.Logins.Find(registry) : null;
            if (kept is { HasPassword: true } && TryKept(engine, registry, kept)) return 0;
            Keep(engine, registry, new RegistryCredentials(
                user ?? Prompt.User(kept?.Username), password ?? Prompt.Password()));
            return 0;
        }
        catch (ImageException e)
        {
            throw new ImageException($"login {registry}: {e.Message}", e);
        }
    }

    private static string? Password(ParsedArguments arguments)
    {
        string? password = arguments.Value("password");
        bool fromInput = arguments.Flag("password-stdin");
        if (password is not null)
        {
            Output.Error("WARNING! Using --password via the CLI is insecure. Use --password-stdin.");
            if (fromInput) throw new UsageException("--password and --password-stdin are mutually exclusive");
        }
        if (!fromInput) return password;
        if (NotEmpty(arguments.Value("username")) is null)
            throw new UsageException("Must provide --username with --password-stdin");
        return Prompt.ReadAll();
    }

    private static string? NotEmpty(string? text) => text is "" ? null : text;

    // Docker, too, tries what it has first, and asks when that is not taken any more.
    private static bool TryKept(Engine engine, string registry, RegistryCredentials kept)
    {
        Output.Line($"Authenticating with existing credentials... [Username: {kept.Username}]");
        try
        {
            Keep(engine, registry, kept);
            return true;
        }
        catch (ImageException e)
        {
            Output.Error($"Login did not succeed, error: {e.Message}");
            return false;
        }
    }

    private static void Keep(Engine engine, string registry, RegistryCredentials login)
    {
        RegistryCredentials verified = RegistryLogin
            .VerifyAsync(engine.Registries.Access, registry, login, CancellationToken.None).GetAwaiter().GetResult();
        LoginStore logins = engine.Registries.Logins;
        RegistryCredentials? given = logins.FindGiven(registry);
        // What only the environment has does not become a file.
        if (login == given)
        {
            Output.Line("Login Succeeded");
            return;
        }
        if (given is not null) Output.Error($"WARNING! {LoginStore.Variable} has a login for {registry}, which goes "
            + "before the one that is kept now.");
        if (logins.Save(registry, verified))
            Output.Error($"\nWARNING! Your credentials are stored unencrypted in '{logins.FilePath}'.\n"
                + "Configure a credential helper to remove this warning.\n");
        Output.Line("Login Succeeded");
    }
}
