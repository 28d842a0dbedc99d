using System.Text;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Skiff.Agent.Manager;

/// <summary>
/// A node of a YAML document (or of a JSON one, which is YAML, too) that knows where it stands. Of the library only the
/// parser is used, which gives events and needs no reflection.
/// </summary>
internal sealed class YamlNode
{
    // Far above what anything that we read has; the parser and this class go down by recursion.
    private const int DeepestNesting = 64;

    private readonly Mark _start;
    private readonly Scalar? _scalar;

    private YamlNode(Mark start, Scalar? scalar = null) => (_start, _scalar) = (start, scalar);

    /// <summary>The line, the first being 1.</summary>
    public int Line => (int)_start.Line;

    /// <summary>Where its line begins in the file, in characters.</summary>
    public int LineStart => (int)(_start.Index - (_start.Column - 1));

    /// <summary>Of a document, where it ends.</summary>
    public int End { get; private set; }

    /// <summary>What a text, a number, a truth or nothing is written as; null of a list or mapping.</summary>
    public string? Text => _scalar?.Value;

    /// <summary>Whether it is not quoted, so that it may be more than a text.</summary>
    public bool IsPlain => _scalar is { Style: ScalarStyle.Plain, IsPlainImplicit: true };

    /// <summary>Whether nothing stands there.</summary>
    public bool IsNull => IsPlain && Text is "" or "~" or "null" or "Null" or "NULL";

    /// <summary>The items of a list, or the values of a mapping; null of anything else.</summary>
    public List<YamlNode>? Items { get; private init; }

    /// <summary>The keys of a mapping, in the order of <see cref="Items"/>; null of anything else.</summary>
    public List<YamlNode>? Keys { get; private init; }

    /// <summary>Reads all documents of a file.</summary>
    /// <exception cref="UsageException">It is no YAML; with line and column.</exception>
    public static List<YamlNode> Parse(byte[] yaml)
    {
        var documents = new List<YamlNode>();
        var parser = new Parser(new StringReader(Encoding.UTF8.GetString(yaml)));
        try
        {
            parser.Consume<StreamStart>();
            while (parser.Current is not StreamEnd)
            {
                // A document is kept without the lines above it. "!" and "!!" are always there.
                DocumentStart start = parser.Consume<DocumentStart>();
                if (start.Tags?.FirstOrDefault(tag => tag.Handle is not ("!" or "!!")) is { } directive)
                    throw Wrong(directive.Start, $"the directive %TAG {directive.Handle} is not supported");
                YamlNode document = Read(parser, 0);
                document.End = (int)parser.Consume<DocumentEnd>().Start.Index;
                documents.Add(document);
            }
        }
        catch (YamlException e)
        {
            throw Wrong(e.Start, e.Message);
        }
        catch (InvalidOperationException)
        {
            // So the parser ends in the middle of a { that nothing closes.
            throw Wrong(parser.Current?.End ?? Mark.Empty, "something that begins after this has no end");
        }
        return documents;
    }

    /// <summary>An error that tells where the node is.</summary>
    public UsageException Wrong(string problem) => Wrong(_start, problem);

    private static YamlNode Read(Parser parser, int depth)
    {
        Mark place = parser.Current!.Start;
        if (depth == DeepestNesting) throw Wrong(place, $"is nested deeper than {DeepestNesting}");
        switch (parser.Current)
        {
            case AnchorAlias alias:
                throw Wrong(place, $"the alias *{alias.Value} is not supported");
            case Scalar scalar:
                parser.MoveNext();
                return new YamlNode(place, scalar);
            case SequenceStart:
                parser.MoveNext();
                var list = new YamlNode(place) { Items = [] };
                while (parser.Current is not SequenceEnd) list.Items.Add(Read(parser, depth + 1));
                parser.MoveNext();
                return list;
            default:
                return ReadMapping(parser, place, depth);
        }
    }

    private static YamlNode ReadMapping(Parser parser, Mark place, int depth)
    {
        parser.Consume<MappingStart>();
        var mapping = new YamlNode(place) { Items = [], Keys = [] };
        while (parser.Current is not MappingEnd)
        {
            if (parser.Current is not Scalar) throw Wrong(parser.Current!.Start, "a key has to be a text");
            mapping.Keys.Add(Read(parser, depth));
            mapping.Items.Add(Read(parser, depth + 1));
        }
        parser.MoveNext();
        return mapping;
    }

    private static UsageException Wrong(Mark place, string problem) =>
        new($"line {place.Line}, column {place.Column}: {problem}", 125);
}
