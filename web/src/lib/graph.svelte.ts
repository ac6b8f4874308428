/** The graph around a resource: what is known of it, one step at a time, and how it lies on the page. */
import { Graph, layout } from "@dagrejs/dagre";
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
  const graph = new Graph({ multigraph: true });
  graph.setGraph({ rankdir: "LR", nodesep: 14, ranksep: 96, marginx: 20, marginy: 20 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const node of nodes.values()) graph.setNode(node.id, { ...NODE });
  for (const [name, edge] of edges) graph.setEdge(edge.from, edge.to, { width: 70, height: 14, labelpos: "c" }, name);
  layout(graph);
  for (const node of nodes.values()) Object.assign(node, { x: graph.node(node.id)["x"], y: graph.node(node.id)["y"] });
  const lines = [...edges].map(([name, edge]): Edge => {
    const laid = graph.edge({ v: edge.from, w: edge.to, name }) as { points: { x: number; y: number }[]; x?: number; y?: number };
    const middle = laid.points[Math.floor(laid.points.length / 2)]!;
    return { ...edge, path: curve(laid.points), x: laid.x ?? middle.x, y: laid.y ?? middle.y };
  });
  const size = graph.graph() as { width?: number; height?: number };
  return { nodes: [...nodes.values()], edges: lines, width: size.width ?? 400, height: size.height ?? 200 };
}

/** A line through points, smooth between their middles. */
function curve(points: { x: number; y: number }[]): string {
  const [first, ...rest] = points;
  if (!first) return "";
  let text = `M${first.x},${first.y}`;
  for (const [place, point] of rest.entries()) {
    const next = rest[place + 1];
    text += next ? ` Q${point.x},${point.y} ${(point.x + next.x) / 2},${(point.y + next.y) / 2}` : ` L${point.x},${point.y}`;
  }
  return text;
}

export const neighbours = (key: string): Promise<Schemas["Neighbours"]> => api.get("/api/v1/items/{key}/neighbours", { path: { key } });
