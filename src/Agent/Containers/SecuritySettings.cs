namespace Skiff.Agent.Containers;

/// <summary>
/// What <c>--security-opt</c> says, from the <c>key=value</c> that the record keeps: of a key that comes twice, the
/// last one counts.
/// </summary>
internal static class SecuritySettings
{
    /// <summary>A key with a truth.</summary>
    public const string NoNewPrivileges = "no-new-privileges";

    /// <summary>A key with a profile in JSON, <see cref="Unconfined"/> or <see cref="Builtin"/>.</summary>
    public const string Seccomp = "seccomp";

    /// <summary>A key with a profile's name, or <see cref="Unconfined"/>.</summary>
    public const string AppArmor = "apparmor";

    /// <summary>A key with <see cref="Unconfined"/>.</summary>
    public const string SystemPaths = "systempaths";

    /// <summary>
    /// A key with a part of an SELinux label, <see cref="Disable"/> or <see cref="Nested"/>; all of them count.
    /// </summary>
    public const string Label = "label";

    /// <summary>Nothing is restricted.</summary>
    public const string Unconfined = "unconfined";

    /// <summary>The engine's own profile, also where the container is privileged.</summary>
    public const string Builtin = "builtin";

    /// <summary>No label.</summary>
    public const string Disable = "disable";

    /// <summary>The container sees SELinux and may ask it for labels.</summary>
    public const string Nested = "nested";

    /// <summary>The value of a key, or null.</summary>
    public static string? Of(ContainerConfig config, string key)
    {
        for (int i = config.SecurityOpt.Length - 1; i >= 0; i--)
        {
            string option = config.SecurityOpt[i];
            if (option.Length > key.Length && option[key.Length] == '='
                && option.StartsWith(key, StringComparison.Ordinal)) return option[(key.Length + 1)..];
        }
        return null;
    }

    /// <summary>Every value of a key.</summary>
    public static IEnumerable<string> AllOf(ContainerConfig config, string key) => config.SecurityOpt
        .Where(option => option.StartsWith(key + "=", StringComparison.Ordinal)).Select(o => o[(key.Length + 1)..]);

    /// <summary>Whether the paths that show the host are open: <c>systempaths=unconfined</c>, or privileged.</summary>
    public static bool ShowsSystemPaths(ContainerConfig config) =>
        config.Privileged || Of(config, SystemPaths) == Unconfined;
}
