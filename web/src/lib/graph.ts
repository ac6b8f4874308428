/** The graph around a resource: what is known of it, one step at a time, and how it lies on the page. */
import { api, type Schemas } from "../api/client";

export interface Node {
  id: string;
  item: string;
  title: string;
  type: string;
  worst: string;
  open: number;
  isRoot: boolean;
  isExpanded: boolean;
  /** How many more of its neighbours there are than are drawn. */
  more: number;
  x: number;
  y: number;
}
export interface Edge {
  from: string;
  to: string;
  kind: string;
  path: string;
  x: number;
  y: number;
}
export const NODE = { width: 196, height: 46 };
const MOST_EACH = 14;

export interface Drawing {
  nodes: Node[];
  edges: Edge[];
  width: number;
  height: number;
}

const idOf = (each: Schemas["Neighbour"]): string => each.item || `${each.account}/${each.region}/${each.type}/${each.id}`;

export function draw(root: Omit<Node, "x" | "y">, known: Record<string, Schemas["Neighbours"]>): Drawing {
  const nodes = new Map<string, Node>([[root.id, { ...root, x: 0, y: 0 }]]);
  const edges = new Map<string, Omit<Edge, "path" | "x" | "y">>();
  const order = [root.id, ...Object.keys(known).filter((each) => each !== root.id)];
  for (const key of order) {
    const of = known[key];
    const from = nodes.get(key);
    if (!of || !from) continue;
    from.isExpanded = true;
    const shown = [...of.neighbours].sort((one, other) => other.open_findings - one.open_findings);
    let drawn = 0;
    for (const each of shown) {
      const id = idOf(each);
      if (!nodes.has(id)) {
        if (drawn >= MOST_EACH) {
          from.more += 1;
          continue;
        }
        drawn += 1;
        nodes.set(id, { id, item: each.item, title: each.name || each.id, type: each.type, worst: each.worst, open: each.open_findings, isRoot: false, isExpanded: false, more: 0, x: 0, y: 0 });
      }
      const [a, b] = each.direction === "out" ? [key, id] : [id, key];
      edges.set(`${a}>${b}>${each.kind}`, { from: a, to: b, kind: each.kind });
    }
  }
  const size = arrange([...nodes.values()], [...edges.values()], root.id);
  const lines = [...edges.values()].map((edge): Edge => {
    const [from, to] = [nodes.get(edge.from)!, nodes.get(edge.to)!];
    const ends = sides(from, to);
    return { ...edge, path: line(ends), x: (ends.source[0] + ends.target[0]) / 2, y: (ends.source[1] + ends.target[1]) / 2 };
  });
  return { nodes: [...nodes.values()], edges: lines, ...size };
}

/** A line that leaves and arrives level. */
function line({ source: [x, y], target: [toX, toY] }: { source: [number, number]; target: [number, number] }): string {
  const middle = x === toX ? x + 60 : (x + toX) / 2;
  return `M${x},${y}C${middle},${y} ${middle},${toY} ${toX},${toY}`;
}

/** Where a line leaves one box and meets the other. */
function sides(from: Node, to: Node): { source: [number, number]; target: [number, number] } {
  const half = NODE.width / 2;
  if (from.x < to.x) return { source: [from.x + half, from.y], target: [to.x - half, to.y] };
  if (from.x > to.x) return { source: [from.x - half, from.y], target: [to.x + half, to.y] };
  return { source: [from.x + half, from.y], target: [to.x + half, to.y] };
}

/** Lay nodes out as the tree in which they were reached; other lines are drawn across it. */
function arrange(nodes: Node[], edges: { from: string; to: string }[], root: string): { width: number; height: number } {
  const children = new Map<string, string[]>();
  const reached = new Set([root]);
  const queue = [root];
  for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
    const next = edges.flatMap((edge) => (edge.from === name ? [edge.to] : edge.to === name ? [edge.from] : []));
    const fresh = [...new Set(next)].filter((each) => !reached.has(each));
    for (const each of fresh) reached.add(each);
    children.set(name, fresh);
    queue.push(...fresh);
  }
  const places = rows(root, children);
  for (const node of nodes) {
    const [depth, row] = places.get(node.id) ?? [0, 0];
    node.x = depth * (NODE.width + 130) + NODE.width / 2 + 20;
    node.y = row * (NODE.height + 16) + NODE.height / 2 + 20;
  }
  return { width: Math.max(...nodes.map((each) => each.x)) + NODE.width / 2 + 20, height: Math.max(...nodes.map((each) => each.y)) + NODE.height / 2 + 30 };
}

/** Each node's column and row: what has no children takes the next row, the others stand in the middle of theirs. */
function rows(root: string, children: Map<string, string[]>): Map<string, [number, number]> {
  const places = new Map<string, [number, number]>();
  let next = 0;
  const lay = (name: string, depth: number): number => {
    const below = (children.get(name) ?? []).map((each) => lay(each, depth + 1));
    const row = below.length ? (below[0]! + below.at(-1)!) / 2 : next++;
    places.set(name, [depth, row]);
    return row;
  };
  lay(root, 0);
  return places;
}

export const neighbours = (key: string): Promise<Schemas["Neighbours"]> => api.get("/api/v1/items/{key}/neighbours", { path: { key } });
