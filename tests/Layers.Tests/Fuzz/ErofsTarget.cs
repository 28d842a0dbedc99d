using System.Globalization;
using System.Security.Cryptography;
using Skiff.Layers.Oci;
using Skiff.Layers.Snapshots;
using Skiff.Layers.Tests.Hostile;
using Skiff.Layers.Tests.Snapshots;

namespace Skiff.Layers.Tests.Fuzz;

/// <summary>
/// A random tree as a tar, its EROFS index, and the kernel that mounts it. Oracle: the tree. The input is whole every
/// time; what is damaged is the business of other targets.
/// </summary>
internal sealed class ErofsTarget : FuzzTarget
{
    private readonly Sandbox _sandbox = new();
    private readonly ISnapshotter _store;
    private string _expected = "";

    internal ErofsTarget() => _store = Snapshotters.Open(_sandbox.Root, _sandbox.RunRoot, "erofs");

    internal override string Name => "erofs";

    public override void Dispose() => _sandbox.Dispose();

    internal override byte[] Make(Random random)
    {
        var tree = new RandomTree(random);
        _expected = tree.Lines();
        return tree.ToTar();
    }

    internal override byte[] Mutate(byte[] input, Random random) => input;

    internal override void Check(byte[] input, bool isWhole, Random random)
    {
        Digest diffId = Digest.FromBytes(SHA256.HashData(input));
        Sandbox.Ingest(_store, diffId, input, random.Next(1, 100_000));
        Assert.Equal(_expected, Oracle.Scan(_store.LowerDirectories([diffId])[0]));
        Assert.Null(_store.Check(diffId, static _ => { }, CancellationToken.None));
        _store.Remove([diffId]);
    }

    /// <summary>Files of every kind in directories of every size, as <see cref="Oracle.Scan"/> prints them.</summary>
    private sealed class RandomTree
    {
        private readonly Random _random;
        private readonly List<Node> _nodes = [new("", '5')];
        private readonly HashSet<string> _paths = [];

        internal RandomTree(Random random)
        {
            _random = random;
            int count = random.Next(3) switch { 0 => random.Next(5), 1 => random.Next(60), _ => random.Next(400) };
            int longest = random.Next(2) == 0 ? 12 : 255;
            List<Node> directories = [_nodes[0]];
            for (int i = 0; i < count; i++)
            {
                Node parent = directories[random.Next(2) == 0 ? ^1 : random.Next(directories.Count)];
                string path = (parent.Path.Length > 0 ? parent.Path + "/" : "") + Name(longest);
                // The oracle's paths begin at the host's root, and have no more than PATH_MAX bytes either.
                if (path.Length > 3900 || path.Count(c => c == '/') > 200 || !_paths.Add(path)) continue;
                Node node = MakeNode(path);
                _nodes.Add(node);
                if (node.Type == '5') directories.Add(node);
            }
            foreach (Node node in _nodes) Describe(node);
        }

        private sealed record Node(string Path, char Type)
        {
            internal int Mode { get; set; }
            internal long Uid { get; set; }
            internal long Gid { get; set; }
            internal long Seconds { get; set; }
            internal int Nanoseconds { get; set; }
            internal string Data { get; set; } = "";
            internal (int Major, int Minor) Device { get; set; }
            internal List<(string Name, string Value)> Xattrs { get; } = [];
            internal Node? Target { get; init; }
            internal List<string> Names { get; } = [Path];
        }

        private string Name(int longest)
        {
            const string Letters = "abcdefghijklmnopqrstuvwxyzABC0123456789_-+=~ ,;";
            return new string(_random.GetItems<char>(Letters, _random.Next(1, longest + 1)));
        }

        private Node MakeNode(string path)
        {
            Node[] files = [.. _nodes.Where(node => node.Type != '5' && node.Target is null)];
            if (files.Length > 0 && _random.Next(8) == 0)
            {
                Node target = files[_random.Next(files.Length)];
                target.Names.Add(path);
                return new Node(path, '1') { Target = target };
            }
            return new Node(path, "000000255555346"[_random.Next(15)]);
        }

        private void Describe(Node node)
        {
            bool plain = _random.Next(2) == 0;
            node.Mode = node.Type == '2' ? 0x1FF : plain ? 0x1ED : _random.Next(4096);
            (node.Uid, node.Gid) = plain ? (0, _random.Next(70_000)) : (_random.NextInt64(uint.MaxValue), 5);
            node.Seconds = plain ? 1_700_000_000 : _random.NextInt64(-(1L << 31), 1L << 34);
            node.Nanoseconds = plain ? 0 : _random.Next(1_000_000_000);
            if (node.Type == '0') node.Data = new string((char)_random.Next('a', 'z'), Length());
            if (node.Type == '2') node.Data = new string((char)_random.Next('a', 'z'), _random.Next(1, 1100));
            if (node.Type is '3' or '4') node.Device = (_random.Next(1, 4096), _random.Next(1 << 20));
            if (_random.Next(5) > 0) return;
            for (int i = _random.Next(4); i >= 0; i--)
            {
                int length = _random.Next(9) == 0 ? 9000 : _random.Next(50);
                node.Xattrs.Add(($"trusted.{Name(9).Replace('=', '.')}{i}", new string('v', length)));
            }
        }

        private int Length() => _random.Next(5) switch
        {
            0 => 0,
            1 => _random.Next(511, 514),
            2 => _random.Next(4095, 4098),
            3 => _random.Next(100_000),
            _ => _random.Next(200),
        };

        internal byte[] ToTar()
        {
            var tar = new RawTar();
            foreach (Node node in _nodes)
            {
                if (node.Target is { } target)
                {
                    tar.Add(node.Path, '1', link: target.Path);
                    continue;
                }
                string fraction = node.Nanoseconds == 0 ? "" : $".{node.Nanoseconds:d9}";
                tar.Pax([$"path={node.Path}/"[..^(node.Type == '5' ? 0 : 1)], $"uid={node.Uid}", $"gid={node.Gid}",
                    $"mtime={Time(node)}", .. node.Xattrs.Select(x => $"SCHILY.xattr.{x.Name}={x.Value}")]);
                (string data, string link) = node.Type == '2' ? ("", node.Data) : (node.Data, "");
                tar.Add("name", node.Type, data, link, block =>
                {
                    RawTar.Put(block, 100, Convert.ToString(node.Mode, 8).PadLeft(7, '0') + "\0");
                    RawTar.Number(block, 329, 8, node.Device.Major);
                    RawTar.Number(block, 337, 8, node.Device.Minor);
                });
            }
            return tar.ToArray();
        }

        // A fraction counts away from zero: -2 s and 0.75 s after that is -1.25.
        private static string Time(Node node) => node.Nanoseconds == 0 ? $"{node.Seconds}"
            : node.Seconds >= 0 ? $"{node.Seconds}.{node.Nanoseconds:d9}"
            : $"-{-(node.Seconds + 1)}.{1_000_000_000 - node.Nanoseconds:d9}";

        internal string Lines() => string.Concat(_nodes
            .Select(node => (node.Path.Length == 0 ? "." : node.Path, Line(node)))
            .OrderBy(row => row.Item1, StringComparer.Ordinal).Select(row => $"b'{row.Item1}' {row.Item2}\n"));

        // The oracle's: of each piece of 4 KiB its place, its length and its bytes.
        private static string ContentDigest(byte[] data)
        {
            using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            for (int at = 0; at < data.Length; at += 4096)
            {
                byte[] piece = data[at..Math.Min(data.Length, at + 4096)];
                sha256.AppendData(RawTar.Latin1($"{at} {piece.Length} "));
                sha256.AppendData(piece);
            }
            return Convert.ToHexStringLower(sha256.GetHashAndReset());
        }

        private static string Line(Node name)
        {
            Node node = name.Target ?? name;
            int type = node.Type switch
            {
                '0' => 0x8000, '2' => 0xA000, '3' => 0x2000, '4' => 0x6000, '6' => 0x1000, _ => 0x4000,
            };
            bool isDirectory = node.Type == '5';
            string what = node.Type switch
            {
                '0' => ContentDigest(RawTar.Latin1(node.Data)),
                '2' => $"b'{node.Data}'",
                '3' or '4' => $"{node.Device.Major}:{node.Device.Minor}",
                _ => "",
            };
            Int128 time = (Int128)node.Seconds * 1_000_000_000 + node.Nanoseconds;
            string xattrs = string.Join(", ", node.Xattrs.OrderBy(x => x.Name, StringComparer.Ordinal)
                .Select(x => $"('{x.Name}', '{Convert.ToHexStringLower(RawTar.Latin1(x.Value))}')"));
            string first = name.Path.Length == 0 ? "." : node.Names.Order(StringComparer.Ordinal).First();
            return $"mode={Convert.ToString(type | node.Mode, 8)} {node.Uid} {node.Gid} "
                + $"mtime={time.ToString(CultureInfo.InvariantCulture)} "
                + $"{(isDirectory ? "" : $"size={node.Data.Length}")} {what} "
                + $"[{xattrs}]{(isDirectory ? "" : $" links={node.Names.Count}")} same-as=b'{first}'";
        }
    }
}
