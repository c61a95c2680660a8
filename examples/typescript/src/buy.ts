// Searches for a number, buys it, shows it and gives it back, through a client whose types are generated from the
// description of the API. What the compiler does not know about an answer, the description does not say.

import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";

import createClient from "openapi-fetch";

import type { components, paths } from "./trunkline.js";

type Problem = components["schemas"]["Problem"];
type PhoneNumber = components["schemas"]["Number"];

function setting(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`set ${name}; the sandbox writes it into sandbox.env`);
  return value;
}

const api = createClient<paths>({
  baseUrl: setting("TRUNKLINE_URL"),
  headers: { Authorization: `Bearer ${setting("TRUNKLINE_API_KEY")}` },
});

/** A failure that nothing here can mend. `code` is for programs, `error` for people, `requestId` for the operator. */
function failure(problem: Problem): Error {
  const money = problem.charged ? `, charged: ${problem.charged}` : "";
  return new Error(`${problem.code}: ${problem.error} (request ${problem.requestId}${money})`);
}

async function search(): Promise<string[]> {
  const { data, error } = await api.POST("/api/numbers/search", {
    body: { countryCode: "US", numberType: "local", areaCode: "415", limit: 5 },
  });
  if (error) throw failure(error);
  return data.numbers.map((found) => found.phoneNumber);
}

/** One of the numbers; the next one where somebody else was quicker. */
async function buyOneOf(candidates: string[]): Promise<PhoneNumber> {
  for (const phoneNumber of candidates) {
    // The same key at every attempt: an answer that is lost on the way is answered again, and nothing is bought twice.
    const headers = { "Idempotency-Key": randomUUID() };
    const body = { phoneNumber, displayName: "Front desk", maxAmount: "5.00" };
    const { data, error } = await api.POST("/api/numbers/purchase", { body, params: { header: headers } });
    if (error) {
      switch (error.code) {
        case "NUMBER_UNAVAILABLE":
        case "NUMBER_ALREADY_EXISTS":
          continue;
        case "INSUFFICIENT_BALANCE":
          throw new Error(`it costs ${error.requiredAmount} ${error.currency}, and there is ${error.availableAmount}`);
        default:
          throw failure(error);
      }
    }
    if (data.success) return data.number;
    // 202: the carrier has not said yet what came of it. The price is held until that is known.
    const bought = await decided(data.order.id);
    if (bought) return bought;
  }
  throw new Error("none of the numbers could be bought");
}

/** Waits until an order is decided; the number, or nothing where the money is back. */
async function decided(id: string): Promise<PhoneNumber | undefined> {
  for (;;) {
    const { data, error } = await api.GET("/api/orders/{id}", { params: { path: { id } } });
    if (error) throw failure(error);
    switch (data.order.status) {
      case "completed":
        return data.order.numberId ? await show(data.order.numberId) : undefined;
      case "failed":
        return undefined;
      case "ordering":
      case "unresolved":
      case "review":
        await pause(2_000);
    }
  }
}

async function show(id: string): Promise<PhoneNumber> {
  const { data, error } = await api.GET("/api/numbers/{id}", { params: { path: { id } } });
  if (error) throw failure(error);
  return data.number;
}

async function release(id: string): Promise<string> {
  const headers = { "Idempotency-Key": randomUUID() };
  const { data, error } = await api.DELETE("/api/numbers/{id}/release", { params: { path: { id }, header: headers } });
  if (error) throw failure(error);
  return data.message;
}

async function balance(): Promise<string> {
  const { data, error } = await api.GET("/api/wallet/balance");
  if (error) throw failure(error);
  return `${data.available} ${data.currency}`;
}

const candidates = await search();
console.log(`found ${candidates.length} numbers: ${candidates.join(", ")}`);
const number = await buyOneOf(candidates);
console.log(`bought ${number.phone_number} for ${number.monthly_cost} ${number.currency} a month; it is ${number.id}`);
const shown = await show(number.id);
console.log(`it is ${shown.status}, it is called ${shown.display_name}, and it can do ${shown.features.join(", ")}`);
console.log(`there is ${await balance()} left`);
console.log(await release(number.id));

// Every failure has a type: of these the compiler knows which codes there are.
const { error } = await api.GET("/api/numbers/{id}", { params: { path: { id: number.id.replace(/^./, "f") } } });
if (error?.code !== "NUMBER_NOT_FOUND") throw new Error(`a number that is not there is answered by ${error?.code}`);
console.log(`a number that is not there: ${error.code}`);
