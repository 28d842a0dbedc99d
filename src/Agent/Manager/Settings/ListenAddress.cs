using System.Net;

namespace Skiff.Agent.Manager.Settings;

/// <summary>A place that clients connect to: <c>unix://PATH</c>, <c>tcp://ADDRESS:PORT</c> or <c>fd://[NAME]</c>.
/// </summary>
/// <param name="Kind">What it is.</param>
/// <param name="Place">The path, <c>ADDRESS:PORT</c>, or the name that systemd gave the socket; empty for all.</param>
internal sealed record ListenAddress(ListenKind Kind, string Place)
{
    private static readonly (string Prefix, ListenKind Kind)[] s_kinds =
        [("unix://", ListenKind.Unix), ("tcp://", ListenKind.Tcp), ("fd://", ListenKind.Inherited)];

    /// <summary>Reads one.</summary>
    /// <exception cref="UsageException">It is none.</exception>
    public static ListenAddress Parse(string text)
    {
        foreach (var (prefix, kind) in s_kinds)
        {
            if (!text.StartsWith(prefix, StringComparison.Ordinal)) continue;
            string place = text[prefix.Length..];
            // A port has to be named: without one it would be any.
            if (kind switch
            {
                ListenKind.Unix => place.StartsWith('/'),
                ListenKind.Tcp => IPEndPoint.TryParse(place, out IPEndPoint? end) && end.Port != 0,
                _ => true,
            }) return new ListenAddress(kind, place);
        }
        throw new UsageException(
            $"bad address \"{text}\": expected unix://PATH, tcp://ADDRESS:PORT with a numeric address, or fd://[NAME]");
    }

    /// <summary>As it was written.</summary>
    public override string ToString() => Array.Find(s_kinds, row => row.Kind == Kind).Prefix + Place;
}
