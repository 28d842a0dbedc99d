using Skiff.Layers.Oci;

namespace Skiff.Layers.Tests.Support;

/// <summary>What a registry does with uploads (distribution-spec, "Push"), on top of a <see cref="TestRegistry"/>:
/// keeps what it is sent, and says where an upload is.</summary>
public sealed class UploadServer : IDisposable
{
    private readonly Dictionary<string, List<byte>> _uploads = [];
    private int _serial;

    public UploadServer() => Registry.Intercept = request => Fault?.Invoke(request) ?? Serve(request);

    /// <summary>The registry itself.</summary>
    public TestRegistry Registry { get; } = new();

    /// <summary>Answers in its place when it returns something.</summary>
    public Func<Request, Answer?>? Fault { get; set; }

    /// <summary>Blobs that are complete; manifests are taken and not kept.</summary>
    public Dictionary<string, byte[]> Blobs { get; } = [];

    /// <summary>Whether locations are relative.</summary>
    public bool IsRelative { get; set; }

    /// <summary>What blobs can be mounted from: repository and digest.</summary>
    public HashSet<string> Mountable { get; } = [];

    /// <summary>Added to the answer that begins an upload.</summary>
    public (string Name, string Value)? BeginHeader { get; set; }

    /// <summary>Methods and paths so far, the uploads' own names left out.</summary>
    public string[] Log => [.. Registry.Requests.Select(request => $"{request.Method} {Bare(request.Path)}")];

    /// <summary>Forgets every upload.</summary>
    public void Forget() => _uploads.Clear();

    public void Dispose() => Registry.Dispose();

    private static string Bare(string path) => path[path.IndexOf("/blobs", StringComparison.Ordinal)..] switch
    {
        var part when part.StartsWith("/blobs/uploads/u", StringComparison.Ordinal) => "upload",
        var part when part.StartsWith("/blobs/uploads/", StringComparison.Ordinal) => "uploads",
        _ => "blob",
    };

    private Answer? Serve(Request request)
    {
        var uri = new Uri("http://x" + request.Path);
        string[] parts = uri.AbsolutePath.Split('/');
        if (request.Method == "HEAD")
            return Blobs.ContainsKey(parts[^1]) ? new Answer() : Answer.Text(404, "");
        if (request.Method == "POST") return Begin(uri);
        if (parts[^2] == "manifests" && request.Method == "PUT") return Answer.Text(201, "");
        if (!_uploads.TryGetValue(parts[^1], out List<byte>? upload)) return Answer.Text(404,
            """{"errors":[{"code":"BLOB_UPLOAD_UNKNOWN","message":"blob upload unknown to registry"}]}""");
        if (request["Content-Range"] is { } range && !range.StartsWith($"{upload.Count}-", StringComparison.Ordinal))
            return Answer.Text(416, "");
        upload.AddRange(request.Bytes);
        return request.Method switch
        {
            "GET" => At(204, uri, upload),
            "PATCH" => At(202, uri, upload),
            _ => Finish(parts[^1], Uri.UnescapeDataString(uri.Query["?digest=".Length..]), upload),
        };
    }

    private Answer Begin(Uri uri)
    {
        string query = Uri.UnescapeDataString(uri.Query);
        if (Mountable.Contains(query)) return Answer.Text(201, "");
        string name = $"u{++_serial}";
        _uploads.Add(name, []);
        Answer answer = At(202, new Uri(uri, name), []);
        return BeginHeader is { } header ? answer.With(header.Name, header.Value) : answer;
    }

    private Answer At(int status, Uri upload, List<byte> bytes) => Answer.Text(status, "")
        .With("Location", IsRelative ? upload.AbsolutePath : $"http://{Registry.Host}{upload.AbsolutePath}")
        .With("Range", $"0-{Math.Max(bytes.Count - 1, 0)}");

    private Answer Finish(string name, string digest, List<byte> bytes)
    {
        _uploads.Remove(name);
        if (TestRegistry.Sha([.. bytes]).ToString() != digest) return Answer.Text(400,
            """{"errors":[{"code":"DIGEST_INVALID","message":"provided digest did not match uploaded content"}]}""");
        Blobs[digest] = [.. bytes];
        return Answer.Text(201, "");
    }
}
