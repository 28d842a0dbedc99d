namespace Skiff.Agent.Manager.Settings;

/// <summary>Files in PEM that make connections over TCP safe.</summary>
/// <param name="Ca">The certificates whose holders may sign those of clients; no others count.</param>
/// <param name="Certificate">The agent's own, with those between it and its root.</param>
/// <param name="Key">Its key.</param>
internal sealed record TlsFiles(string Ca, string Certificate, string Key);
