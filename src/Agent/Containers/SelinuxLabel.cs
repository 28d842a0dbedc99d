namespace Skiff.Agent.Containers;

/// <summary>An SELinux context, <c>user:role:type[:level]</c>.</summary>
/// <param name="User">SELinux's user.</param>
/// <param name="Role">Its role.</param>
/// <param name="Type">What the policy's rules are about.</param>
/// <param name="Level">Sensitivity and categories, with colons of its own; empty for a policy without.</param>
internal readonly record struct SelinuxLabel(string User, string Role, string Type, string Level)
{
    /// <summary>Reads a context; null when it is none.</summary>
    public static SelinuxLabel? Parse(string text)
    {
        string[] parts = text.Split(':', 4);
        return parts.Length < 3 || parts.Contains("") ? null
            : new SelinuxLabel(parts[0], parts[1], parts[2], parts.Length > 3 ? parts[3] : "");
    }

    /// <summary>As the kernel takes it.</summary>
    public override string ToString() => Level.Length > 0 ? $"{User}:{Role}:{Type}:{Level}" : $"{User}:{Role}:{Type}";
}
