using System.Text.Json;

namespace Skiff.Layers.Oci;

/// <summary>
/// Reads the members of config documents one by one. A container start reads one config, and setting up the generated
/// serializer for it costs a millisecond, thirty times as much as this.
/// </summary>
internal ref struct ConfigJson
{
    private Utf8JsonReader _json;
    private string _member = "";

    public ConfigJson(ReadOnlySpan<byte> json) => _json = new Utf8JsonReader(json);

    /// <summary>Enters the object that comes next; false when it is null instead.</summary>
    public bool Enter()
    {
        if (!_json.Read()) throw Bad("an object");
        if (_json.TokenType == JsonTokenType.Null) return false;
        return _json.TokenType == JsonTokenType.StartObject ? true : throw Bad("an object");
    }

    /// <summary>Goes to the next member; false at the end of the object.</summary>
    public bool NextMember() => _json.Read() && _json.TokenType == JsonTokenType.PropertyName;

    /// <summary>Whether the member has this name.</summary>
    public bool Is(ReadOnlySpan<byte> name)
    {
        if (!_json.ValueTextEquals(name)) return false;
        _member = System.Text.Encoding.UTF8.GetString(name);
        return true;
    }

    /// <summary>Steps over the member's value.</summary>
    public void Skip() => _json.Skip();

    /// <summary>The document must be over.</summary>
    public void End()
    {
        if (_json.Read()) throw Bad("nothing more");
    }

    /// <summary>A string or null.</summary>
    public string? String()
    {
        _json.Read();
        return _json.TokenType switch
        {
            JsonTokenType.String => _json.GetString(),
            JsonTokenType.Null => null,
            _ => throw Bad("a string"),
        };
    }

    /// <summary>A number; 0 when null.</summary>
    public long Number()
    {
        _json.Read();
        if (_json.TokenType == JsonTokenType.Null) return 0;
        return _json.TokenType == JsonTokenType.Number && _json.TryGetInt64(out long value) ? value
            : throw Bad("a number");
    }

    /// <summary>A truth value; false when null.</summary>
    public bool Boolean()
    {
        _json.Read();
        return _json.TokenType switch
        {
            JsonTokenType.True => true,
            JsonTokenType.False or JsonTokenType.Null => false,
            _ => throw Bad("true or false"),
        };
    }

    /// <summary>A time (RFC 3339); null when it is null or cannot be read, for nothing depends on it.</summary>
    public DateTimeOffset? Time()
    {
        _json.Read();
        return _json.TokenType == JsonTokenType.String && _json.TryGetDateTimeOffset(out DateTimeOffset time) ? time
            : null;
    }

    /// <summary>An array of strings, or one string (which Docker takes for Entrypoint and the like), or null.</summary>
    public List<string>? Strings()
    {
        _json.Read();
        if (_json.TokenType == JsonTokenType.Null) return null;
        if (_json.TokenType == JsonTokenType.String) return [_json.GetString()!];
        if (_json.TokenType != JsonTokenType.StartArray) throw Bad("an array of strings");
        List<string> list = [];
        while (_json.Read() && _json.TokenType != JsonTokenType.EndArray)
            list.Add(_json.TokenType == JsonTokenType.String ? _json.GetString()! : throw Bad("an array of strings"));
        return list;
    }

    /// <summary>An object with string values, or null.</summary>
    public Dictionary<string, string>? Map()
    {
        if (!Enter()) return null;
        Dictionary<string, string> map = [];
        while (_json.Read() && _json.TokenType == JsonTokenType.PropertyName)
        {
            string name = _json.GetString()!;
            map[name] = String() ?? "";
        }
        return map;
    }

    /// <summary>The names of an object's members, whatever their values, or null.</summary>
    public Dictionary<string, EmptyObject>? Set()
    {
        if (!Enter()) return null;
        Dictionary<string, EmptyObject> set = [];
        while (_json.Read() && _json.TokenType == JsonTokenType.PropertyName)
        {
            set[_json.GetString()!] = EmptyObject.Instance;
            _json.Skip();
        }
        return set;
    }

    /// <summary>Enters an array; false when it is null instead.</summary>
    public bool EnterArray()
    {
        _json.Read();
        if (_json.TokenType == JsonTokenType.Null) return false;
        return _json.TokenType == JsonTokenType.StartArray ? true : throw Bad("an array");
    }

    /// <summary>Enters the next object of the array that was entered; false at its end.</summary>
    public bool NextObject()
    {
        _json.Read();
        if (_json.TokenType == JsonTokenType.EndArray) return false;
        return _json.TokenType == JsonTokenType.StartObject ? true : throw Bad("an object");
    }

    private readonly ImageException Bad(string expected) =>
        new($"image config is malformed: {(_member.Length == 0 ? "document" : _member)}: expected {expected}, " +
            $"got {_json.TokenType}");
}
