using System.Runtime.InteropServices;

namespace Skiff.Interop;

/// <summary>
/// The host's OpenSSL. The runtime looks it up at the first digest or connection over TLS, and without it ends the
/// process with a message for programmers; so whoever is about to need it asks first.
/// </summary>
public static class OpenSsl
{
    private static readonly Lazy<bool> s_isThere = new(static () =>
        // What is found stays loaded: the runtime is about to do the same.
        NativeLibrary.TryLoad("libssl.so.3", out _) || NativeLibrary.TryLoad("libssl.so.1.1", out _));

    /// <summary>Whether the runtime will find a version that it knows.</summary>
    public static bool IsThere => s_isThere.Value;
}
