using Skiff.Agent.Manager;
using Skiff.Layers.Registry.Logins;

namespace Skiff.Agent.Cli;

/// <summary>
/// The keys that end an attachment and leave the container running, by default ctrl-p ctrl-q. They are kept back while
/// they may be the beginning of the sequence, and sent on when they are not.
/// </summary>
internal sealed class DetachKeys(byte[] sequence)
{
    private const string Control = "ctrl-";

    private int _matched;

    /// <summary>The keys of <c>--detach-keys</c>, those of docker's configuration, or docker's own.</summary>
    /// <param name="a">The flags.</param>
    /// <param name="tty">Whether there is a terminal to type them on: nothing is read without.</param>
    /// <exception cref="UsageException">There are no such keys.</exception>
    public static DetachKeys Of(ParsedArguments a, bool tty)
    {
        if (a.Value("detach-keys") is { Length: > 0 } given) return new DetachKeys(Parse(given));
        LoginStore? settings = tty ? LoginStore.OfUser(Environment.GetEnvironmentVariable) : null;
        if (settings?.DetachKeys() is not { Length: > 0 } kept) return new DetachKeys(Parse("ctrl-p,ctrl-q"));
        try
        {
            return new DetachKeys(Parse(kept));
        }
        catch (UsageException e)
        {
            throw new UsageException($"{settings.FilePath}: detachKeys: {e.Message}", e.ExitCode);
        }
    }

    /// <summary>Reads <c>a</c>, <c>ctrl-a</c> and the like, with commas in between.</summary>
    /// <exception cref="UsageException">One of them is no key.</exception>
    public static byte[] Parse(string text)
    {
        var keys = new List<byte>();
        foreach (string word in text.Split(','))
        {
            if (word.Length == 1 && word[0] < 128) keys.Add((byte)word[0]);
            else if (word.StartsWith(Control, StringComparison.Ordinal) && word.Length == Control.Length + 1
                && word[^1] is (>= 'a' and <= 'z') or (>= '@' and <= '_'))
                keys.Add((byte)(word[^1] & 0x1F));
            else throw new UsageException($"invalid detach keys ({text}): Unknown character: '{word}'", 125);
        }
        return [.. keys];
    }

    /// <summary>Takes what was typed. True when the sequence is complete: nothing after it counts.</summary>
    /// <param name="typed">The bytes.</param>
    /// <param name="onward">Gets those that are for the container.</param>
    public bool Take(ReadOnlySpan<byte> typed, List<byte> onward)
    {
        foreach (byte key in typed)
        {
            if (_matched > 0 && key != sequence[_matched])
            {
                onward.AddRange(sequence.AsSpan(0, _matched));
                _matched = 0;
            }
            if (key != sequence[_matched]) onward.Add(key);
            else if (++_matched == sequence.Length) return true;
        }
        return false;
    }
}
