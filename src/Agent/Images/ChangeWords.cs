using System.Text;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Images;

/// <summary>
/// The words of a Dockerfile instruction: split at blanks outside quotes, quotes and backslashes taken away, and
/// <c>$NAME</c> and <c>${NAME}</c> replaced outside single quotes by the image's environment so far.
/// </summary>
internal ref struct ChangeWords(ReadOnlySpan<char> text, Func<string, string> variable)
{
    private readonly StringBuilder _word = new();
    private ReadOnlySpan<char> _rest = text;

    /// <summary>All words of a text.</summary>
    /// <param name="text">What follows the instruction's name.</param>
    /// <param name="variable">The value of an environment variable; empty when there is none.</param>
    /// <exception cref="UsageException">A quote or brace without its end.</exception>
    public static List<string> Of(ReadOnlySpan<char> text, Func<string, string> variable)
    {
        List<string> words = [];
        var reader = new ChangeWords(text, variable);
        while (!(reader._rest = reader._rest.TrimStart()).IsEmpty) words.Add(reader.Next());
        return words;
    }

    private string Next()
    {
        _word.Clear();
        char quote = '\0';
        while (!_rest.IsEmpty && (quote != '\0' || !char.IsWhiteSpace(_rest[0])))
        {
            char c = _rest[0];
            _rest = _rest[1..];
            if (c == quote) quote = '\0';
            else if (quote == '\0' && c is '"' or '\'') quote = c;
            else if (c == '\\' && quote != '\'' && !_rest.IsEmpty) AppendEscaped(quote);
            else if (c == '$' && quote != '\'') AppendVariable();
            else _word.Append(c);
        }
        return quote == '\0' ? _word.ToString()
            : throw new UsageException($"unexpected end of statement while looking for matching {quote}");
    }

    // Within double quotes, a backslash before anything but these stays.
    private void AppendEscaped(char quote)
    {
        if (quote == '"' && _rest[0] is not ('"' or '$' or '\\')) _word.Append('\\');
        _word.Append(_rest[0]);
        _rest = _rest[1..];
    }

    private void AppendVariable()
    {
        bool braced = _rest.StartsWith("{");
        if (braced) _rest = _rest[1..];
        int length = 0;
        while (length < _rest.Length && (char.IsAsciiLetterOrDigit(_rest[length]) || _rest[length] == '_')) length++;
        string name = _rest[..length].ToString();
        _rest = _rest[length..];
        if (braced && !_rest.StartsWith("}")) throw new UsageException(
            $"unsupported substitution of ${{{name}: only $NAME and ${{NAME}} are known here");
        if (braced) _rest = _rest[1..];
        if (length == 0) _word.Append('$');
        else _word.Append(variable(name));
    }
}
