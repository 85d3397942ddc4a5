// Calls of the server's routes with the person's key.
import { passing } from "../keep/keeper";
import { problemOf, unreachable } from "./problem";
import type { AuditCheck, AuditPage, ConceptDetails, Conflicts, ServedConcept, ServedModel } from "./types";

export const currentKey = () => passing.read("key") ?? "";

export function keepKey(key: string): void {
  if (key === "") passing.remove("key");
  else passing.write("key", key);
}

export function headers(): Record<string, string> {
  const key = currentKey();
  return { "Content-Type": "application/json", ...(key ? { Authorization: `Bearer ${key}` } : {}) };
}

async function jsonOf(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    return null; // no JSON: the status alone speaks
  }
}

/** The answer, once its status says success. Throws Problem; AbortError passes through. */
export async function ask(path: string, init: RequestInit = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, { cache: "no-store", headers: headers(), ...init });
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw unreachable();
  }
  if (response.ok) return response;
  throw problemOf(response.status, await jsonOf(response), currentKey() !== "", response.headers.get("Retry-After"));
}

async function list<T>(path: string): Promise<T[]> {
  return ((await (await ask(path)).json()) as { data: T[] }).data;
}

const pathOf = (name: string) => `/v1/concepts/${encodeURIComponent(name)}`;

export const listConcepts = () => list<ServedConcept>("/v1/concepts");
export const listVectorFiles = () => list<string>("/v1/vector-files");
export const showModel = async () => (await list<ServedModel>("/v1/models"))[0];

export const showConcept = async (name: string) => (await (await ask(pathOf(name))).json()) as ConceptDetails;

export const showConflicts = async (names: string[]) =>
  (await (await ask(`/v1/conflicts?concepts=${names.join(",")}`)).json()) as Conflicts;

/** @param wanted  filters of the route by name; empty ones are left out */
export async function listAudit(wanted: Record<string, string>): Promise<AuditPage> {
  const given = Object.entries(wanted).filter(([, value]) => value !== "");
  return (await (await ask(`/v1/audit?${new URLSearchParams(given).toString()}`)).json()) as AuditPage;
}

export const verifyAudit = async () => (await (await ask("/v1/audit/verify")).json()) as AuditCheck;

export async function loadConcept(file: string, name: string): Promise<void> {
  const body = JSON.stringify(name === "" ? { file } : { file, name });
  await ask("/v1/concepts", { method: "POST", body });
}

export async function unloadConcept(name: string): Promise<void> {
  await ask(pathOf(name), { method: "DELETE" });
}
