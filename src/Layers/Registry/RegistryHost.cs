namespace Skiff.Layers.Registry;

/// <summary>How one registry host is connected to.</summary>
public sealed record RegistryHost
{
    /// <summary>Nothing special.</summary>
    public static RegistryHost Default { get; } = new();

    /// <summary>Any certificate will do, and HTTP when it does not speak TLS.</summary>
    public bool Insecure { get; init; }

    /// <summary>Files of authorities (PEM) that are trusted for this host besides the system's.</summary>
    public IReadOnlyList<string> CaFiles { get; init; } = [];

    /// <summary>The certificate (PEM) to show when the registry asks for one, and the file of its key.</summary>
    public (string Certificate, string Key)? Client { get; init; }
}
